"""Moments in templates, and in the columns of lists: `{{ job.finished_at|moment }}`."""

from datetime import UTC, datetime

from django import template
from django.utils.html import format_html

register = template.Library()

EMPTY = "-"
FORMAT = "%Y-%m-%d %H:%M:%S UTC"


@register.filter
def moment(when: datetime | None) -> str:
    """A time to the second; retries lie seconds apart. A dash for None.

    The page has it in UTC. `jobs/moments.js` shows it in the reader's zone, and how long ago it
    was; UTC is then told on hover.
    """
    if when is None:
        return EMPTY
    in_utc = when.astimezone(UTC)
    return format_html(
        '<time class="moment" datetime="{}" title="{text}">{text}</time>',
        in_utc.isoformat(),
        text=in_utc.strftime(FORMAT),
    )


@register.filter
def wall_clock(when: datetime) -> str:
    """A time as a clock on the wall of its own zone shows it, whatever zone the reader has."""
    return f"{when:%a} {when.day} {when:%b %Y, %H:%M:%S}"
