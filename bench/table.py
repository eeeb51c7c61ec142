"""A table of measurements: rows by name, each with the samples of every column, in the order in which the rounds took
them. Columns are allocators, the first being what the others are compared with."""

import dataclasses
import statistics


@dataclasses.dataclass
class Table:
    title: str
    unit: str
    columns: list
    rows: dict = dataclasses.field(default_factory=dict)

    def add(self, row, column, value):
        self.rows.setdefault(row, {name: [] for name in self.columns})[column].append(value)

    def has(self, row, column):
        return bool(self.rows.get(row, {}).get(column))

    def others(self):
        """Columns beside the first that have any figures."""
        return [column for column in self.columns[1:] if any(self.has(row, column) for row in self.rows)]

    def median(self, row, column):
        return statistics.median(self.rows[row][column])

    def ratio(self, row, column):
        """Median over the rounds of a column to the first column. Some columns take part in the first rounds only."""
        first = self.rows[row][self.columns[0]]
        return statistics.median(ours / base for ours, base in zip(self.rows[row][column], first))

    def mean_ratio(self, column):
        """The geometric mean of a column's ratios over the rows that it has."""
        return statistics.geometric_mean(self.ratio(row, column) for row in self.rows if self.has(row, column))
