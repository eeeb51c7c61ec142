"""Prints tables of measurements: as text, as CSV, and into a Markdown page between marker comments."""

import goals

MARKER = "<!-- {}: {} -->"
# Of the real programs, allocators are the rows and programs the columns.
TURNED = ("time", "processor", "memory")
# Where the tables of each kind stand in the page.
REGIONS = {"goals": ("goals",), "programs": TURNED, "workloads": ("micro",), "processes": ("start", "exit")}


def grid(table):
    """Lines of cells: the first column's median, and of the others median and ratio."""
    yield [f"{table.title} ({table.unit})", *table.columns]
    for row in table.rows:
        first = f"{table.median(row, table.columns[0]):.2f}"
        others = [f"{table.median(row, name):.2f} ({table.ratio(row, name):.2f})" for name in table.columns[1:]]
        yield [row, first, *others]


def turned_grid(table):
    """Lines of cells, a line for each column of the table: the first one's medians, and ratios to it, and their mean."""
    yield [table.title, *table.rows, "geometric mean"]
    first = table.columns[0]
    decimals = 2 if table.unit == "s" else 0
    yield [f"{first} ({table.unit})", *(f"{table.median(row, first):.{decimals}f}" for row in table.rows), ""]
    for name in table.others():
        ratios = (f"{table.ratio(row, name):.2f}" if table.has(row, name) else "" for row in table.rows)
        yield [name, *ratios, f"**{table.mean_ratio(name):.2f}**"]


def grids(results, judged):
    """(kind, lines of cells) of each table."""
    if judged:
        yield "goals", [goals.HEAD, *(goal.cells() for goal in judged)]
    for kind, table in results.items():
        yield kind, list((turned_grid if kind in TURNED else grid)(table))


def aligned(lines):
    """Lines of cells as text, in columns."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(lines):
    """Lines of cells as a Markdown table; all columns but the first are figures."""
    head, *body = lines
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_text(title, results, judged):
    """Tables with aligned columns, the goals last."""
    parts = sorted(grids(results, judged), key=lambda part: part[0] == "goals")
    head = f"{title}; medians, and ratios to glibc: in brackets, or alone"
    return "\n\n".join([head] + [aligned(list(map(bare, lines))) for _, lines in parts])


def bare(line):
    """Cells without what only Markdown means something to."""
    return [cell.replace("**", "").replace("`", "") for cell in line]


def as_csv(results):
    """One line a row and column: table, row, column, unit, median, ratio."""
    lines = ["table,row,column,unit,median,ratio"]
    for table in results.values():
        for row in table.rows:
            for name in filter(lambda name: table.has(row, name), table.columns):
                figures = f"{table.median(row, name):.4f},{table.ratio(row, name):.4f}"
                lines.append(f'"{table.title}","{row}",{name},"{table.unit}",{figures}')
    return "\n".join(lines) + "\n"


def update_page(page, title, results, judged):
    """Puts the tables into the regions of a page."""
    parts = dict(grids(results, judged))
    for region, kinds in REGIONS.items():
        content = [markdown(parts[kind]) for kind in kinds if kind in parts]
        replace_between(page, "\n\n".join([f"{title}.", *content]), region)


def replace_between(page, content, region="bench"):
    """Replaces what stands between the markers of a region of a page."""
    begin, end = MARKER.format(region, "begin"), MARKER.format(region, "end")
    text = page.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise SystemExit(f"bench: {page} has no lines {begin} and {end}")
    page.write_text(f"{before}{begin}\n\n{content}\n\n{end}{after}", encoding="utf-8")
