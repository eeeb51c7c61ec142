"""Draws the real programs: two charts side by side, time and memory, a line for each allocator, with a dot for each
program and a mark at the geometric mean, on a scale of powers of two. An SVG file that needs nothing else; it has a background
of its own and takes to dark pages by a media query."""

import dataclasses
import math
from xml.sax.saxutils import escape

LINE, TOP, NAMES, GAP, VALUES, WIDTH = 26, 64, 174, 26, 46, 920
STYLE = """
    .paper { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #59636e } .grid { stroke: #d1d9e0 }
    .one { stroke: #59636e } .other { fill: #59636e } .ours { fill: #0b62c4 }
    text { font: 13px system-ui, 'DejaVu Sans', sans-serif } .small { font-size: 12px } .head { font-weight: 600 }
    circle { fill-opacity: 0.45 }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117 } .ink { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #30363d }
      .one { stroke: #9198a1 } .other { fill: #9198a1 } .ours { fill: #58a6ff }
    }
"""


def is_ours(column):
    return column.startswith("stacks=") or column == "defaults"


@dataclasses.dataclass(frozen=True)
class Scale:
    """Powers of two on a stretch of pixels."""

    left: float
    right: float
    low: int
    high: int

    def place(self, ratio):
        return self.left + (math.log2(ratio) - self.low) / (self.high - self.low) * (self.right - self.left)

    def ticks(self):
        return [(2.0 ** power, f"{2.0 ** power:g}") for power in range(self.low, self.high + 1)]


def scale_for(table, left, right):
    """A scale that has room for all ratios of a table, and for 1."""
    ratios = [table.ratio(row, column) for row in table.rows for column in table.columns if table.has(row, column)]
    low, high = math.floor(math.log2(min(ratios))), math.ceil(math.log2(max(ratios)))
    return Scale(left, right, min(low, -1), max(high, 1))


def text(x, y, words, kind="ink", anchor="start"):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def axis(scale, bottom):
    for ratio, words in scale.ticks():
        x = scale.place(ratio)
        kind = "one" if ratio == 1 else "grid"
        yield f'<line class="{kind}" x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>'
        yield text(x, bottom + 16, words, "faint small", "middle")


def marks(table, column, scale, y):
    """The dots of an allocator, its mean, and that in figures."""
    kind = "ours" if is_ours(column) else "other"
    for row in filter(lambda row: table.has(row, column), table.rows):
        ratio = table.ratio(row, column)
        yield (f'<circle class="{kind}" cx="{scale.place(ratio):.1f}" cy="{y}" r="3.2">'
               f"<title>{escape(f'{row}: {ratio:.2f}')}</title></circle>")
    mean = table.mean_ratio(column)
    x = scale.place(mean)
    yield f'<path class="{kind}" d="M{x:.1f} {y - 8} l5 8 l-5 8 l-5 -8 z"/>'
    yield text(scale.right + VALUES, y + 4, f"{mean:.2f}", "ink" if kind == "other" else "ours head", "end")


def chart(table, words, left, right):
    columns = table.others()
    bottom = TOP + LINE * len(columns)
    scale = scale_for(table, left, right)
    yield text(left, TOP - 18, words, "ink head")
    yield from axis(scale, bottom)
    for number, column in enumerate(columns):
        yield from marks(table, column, scale, TOP + LINE * number + LINE // 2)


def draw(times, memory):
    """The SVG text."""
    height = TOP + LINE * len(times.others()) + 50
    half = (WIDTH - NAMES - GAP) / 2
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
             'role="img">', f"<title>Time and memory of {len(times.rows)} programs, as ratios to glibc</title>",
             f"<style>{STYLE}</style>", f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
             text(12, 24, f"{len(times.rows)} programs, ratios to glibc: less is better", "ink head")]
    for number, column in enumerate(times.others()):
        words, kind = (f"Custody, {column}", "ours head") if is_ours(column) else (column, "ink")
        parts.append(text(NAMES - 14, TOP + LINE * number + LINE // 2 + 4, words, kind, "end"))
    parts += chart(times, "time", NAMES, NAMES + half - VALUES)
    parts += chart(memory, "largest memory", NAMES + half + GAP, WIDTH - VALUES - 12)
    parts.append(text(12, height - 10, "A dot is a program; the diamond and the figure are their geometric mean.",
                      "faint small"))
    return "\n".join([*parts, "</svg>", ""])


def write(path, times, memory):
    path.write_text(draw(times, memory), encoding="utf-8")
