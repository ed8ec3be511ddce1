"""Durations in the fewest words: 8 ms, 1.2 s, 45 s, 3 min, 2 h, 5 days.

In templates, and in the columns of lists: `{{ seconds|duration }}`.
"""

from django import template

from jobs.templatetags.moments import EMPTY

register = template.Library()

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@register.filter
def duration(seconds: float | None) -> str:
    """The duration as people say it; a dash for None."""
    if seconds is None:
        return EMPTY
    if seconds < 0.9995:
        return f"{seconds * 1_000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds / _HOUR:.0f} h"
    return f"{seconds / _DAY:.0f} days"
