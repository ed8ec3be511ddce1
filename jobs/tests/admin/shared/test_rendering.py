"""Numbers, moments and scripts, as people read them."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.staticfiles import finders

from jobs.admin.shared.rendering import figure, progress_bar
from jobs.templatetags.moments import wall_clock


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (7, "7"), (1_234_567, "1,234,567"), (0.1 + 0.2, "0.3"), (1_500.5, "1,500.5")],
)
def test_figures(number: float, text: str) -> None:
    assert figure(number) == text


def test_progress_is_told_in_whole_figures() -> None:
    assert progress_bar(1_234_567, 2_000_000).endswith("1,234,567 of 2,000,000 (61 %)")
    assert progress_bar(50_000, None) == "50,000"


def test_a_fire_time_is_told_by_the_clock_of_its_zone() -> None:
    when = datetime(2026, 11, 3, 8, tzinfo=ZoneInfo("Europe/Berlin"))
    assert wall_clock(when) == "Tue 3 Nov 2026, 08:00:00"


def test_scripts_wait_for_events_that_other_scripts_send() -> None:
    found = finders.find("jobs/moments.js")
    scripts = "".join(one.read_text() for one in Path(str(found)).parent.glob("*.js"))
    sent = set(re.findall(r'new (?:Custom)?Event\("(jobs:\w+)"', scripts))
    awaited = set(re.findall(r'addEventListener\("(jobs:\w+)"', scripts))
    assert sent == awaited == {"jobs:refreshed"}
