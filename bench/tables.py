"""Prints tables of measurements: as text, as CSV, and into a Markdown page between two marker comments."""

MARKER = "<!-- {}: {} -->"


def grid(table):
    """Lines of cells: the first column's median, and of the others median and ratio."""
    yield [f"{table.title} ({table.unit})", *table.columns]
    for row in table.rows:
        first = f"{table.median(row, table.columns[0]):.2f}"
        others = [f"{table.median(row, name):.2f} ({table.ratio(row, name):.2f})" for name in table.columns[1:]]
        yield [row, first, *others]


def aligned(lines):
    """Lines of cells as text, in columns."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(lines):
    """Lines of cells as a Markdown table; all columns but the first are figures."""
    head, *body = lines
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_text(title, results):
    """Tables with aligned columns."""
    parts = [f"{title}; medians, and in brackets ratios to glibc"]
    return "\n\n".join(parts + [aligned(list(grid(table))) for table in results])


def as_markdown(title, results):
    """The same as Markdown."""
    parts = [f"Medians, and in brackets ratios to glibc: {title}."]
    return "\n\n".join(parts + [markdown(list(grid(table))) for table in results])


def as_csv(results):
    """One line a row and column: table, row, column, unit, median, ratio."""
    lines = ["table,row,column,unit,median,ratio"]
    for table in results:
        for row in table.rows:
            for name in table.columns:
                figures = f"{table.median(row, name):.4f},{table.ratio(row, name):.4f}"
                lines.append(f'"{table.title}","{row}",{name},"{table.unit}",{figures}')
    return "\n".join(lines) + "\n"


def update_page(page, title, results):
    """Puts the tables into a page."""
    replace_between(page, as_markdown(title, results))


def replace_between(page, content, region="bench"):
    """Replaces what stands between the markers of a region of a page."""
    begin, end = MARKER.format(region, "begin"), MARKER.format(region, "end")
    text = page.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise SystemExit(f"bench: {page} has no lines {begin} and {end}")
    page.write_text(f"{before}{begin}\n\n{content}\n\n{end}{after}", encoding="utf-8")
