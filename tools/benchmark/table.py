"""The figures for people."""

from collections.abc import Sequence

from tools.benchmark.figure import Figure

HEADINGS = ("measure", "value", "raw limit beside it", "ratio", "targets")


def table(figures: Sequence[Figure]) -> str:
    """One line a figure, columns aligned."""
    rows = [HEADINGS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        f"{_number(figure.value)} {figure.unit}".strip(),
        f"{_number(figure.raw)} {figure.raw_name}" if figure.raw is not None else "",
        f"{figure.ratio:.2f}" if figure.ratio is not None else "",
        ", ".join(figure.verdicts),
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, value, raw, ratio, targets = row
    return "  ".join(
        (
            name.ljust(widths[0]),
            value.rjust(widths[1]),
            raw.rjust(widths[2]),
            ratio.rjust(widths[3]),
            targets,
        )
    ).rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"
