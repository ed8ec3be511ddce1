"""How many jobs of a group died in each hour, as a small picture."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join

# Of the picture, in its own units.
_BAR, _GAP, _HEIGHT = 4, 1, 24


def trend_picture(trend: Sequence[int]) -> str:
    """A bar for each hour, the present one last; the figures are its label."""
    most = max(trend, default=0)
    width = len(trend) * (_BAR + _GAP)
    bars = [
        (place * (_BAR + _GAP), _HEIGHT - height, _BAR, height)
        for place, count in enumerate(trend)
        if (height := _height(count, most))
    ]
    label = f"{sum(trend):,} in 24 hours, {trend[-1] if trend else 0:,} in this one"
    return format_html(
        '<svg class="trend" role="img" viewBox="0 0 {} {}" aria-label="{}">'
        "<title>{}</title>{}</svg>",
        width,
        _HEIGHT,
        label,
        label,
        format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}"></rect>', bars),
    )


def _height(count: int, most: int) -> int:
    """What is there is to be seen, however much there is of the rest."""
    return max(2, round(_HEIGHT * count / most)) if count else 0
