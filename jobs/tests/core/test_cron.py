"""Cron expressions: what is understood, and how what is not is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.cron import FIELDS, Cron, CronInvalid
from jobs.core.zones import UnknownZone, zone_named


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 7 * *", "has 4 fields; a cron expression has 5"),
        ("0 0 7 * * *", "has 6 fields; .*for seconds use every_seconds"),
        ("", "has 0 fields"),
        ("60 7 * * *", "minute field '60' makes no sense; it takes 0 to 59"),
        ("0 24 * * *", "hour field '24' makes no sense; it takes 0 to 23"),
        ("0 0 32 * *", "day-of-month field '32'"),
        ("0 0 * 13 *", "month field '13'"),
        ("0 0 * * FOO", "day-of-week field 'FOO'"),
        ("*/0 * * * *", "minute field '\\*/0'"),
        ("5-1 * * * *", "minute field '5-1'"),
        ("² * * * *", "minute field '²'"),
        ("@reboot", "Unknown name '@reboot'; known are: @hourly"),
        ("0 0 30 2 *", "never fires"),
        ("0 0 31 4,6,9,11 *", "never fires"),
        ("0 0 */10 4 MON#5", "never fires"),
        ("* " * 200, "at most 255 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_with_an_example(text: str, said: str) -> None:
    with pytest.raises(CronInvalid, match=said) as refusal:
        Cron(text)
    assert '"' in str(refusal.value) or "@daily" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("@daily", "0 0 * * *"),
        ("@HOURLY", "0 * * * *"),
        ("  0   7 * * mon-fri ", "0 7 * * 1-5"),
        ("0 0 * * 7", "0 0 * * 0"),
    ],
)
def test_the_same_in_other_words(text: str, same: str) -> None:
    one, other = Cron(text), Cron(same)
    assert (one.minutes, one.hours, one.days) == (other.minutes, other.hours, other.days)
    assert {day % 7 for day in one.weekdays} == {day % 7 for day in other.weekdays}


@given(st.lists(st.text("0123456789*/,-L#WMONJA² ", max_size=8), min_size=5, max_size=5))
def test_whatever_is_written_it_is_understood_or_refused(fields: list[str]) -> None:
    try:
        cron = Cron(" ".join(fields))
    except CronInvalid:
        return
    assert cron.minutes


def test_a_message_names_the_field() -> None:
    for position, name in enumerate(FIELDS):
        fields = ["*"] * 5
        fields[position] = "99"
        with pytest.raises(CronInvalid, match=f"The {name} field '99'"):
            Cron(" ".join(fields))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Berlin", "did you mean Europe/Berlin?"),
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("new york", "did you mean America/New_York?"),
        ("Europe/Berlni", "Europe/Berlin"),
        ("Mars/Olympus", "for example Europe/Berlin or UTC"),
        ("", "for example Europe/Berlin or UTC"),
        ("../../etc/passwd", "for example"),
        ("Europe", "did you mean"),
    ],
)
def test_a_zone_that_is_unknown_is_refused_with_what_comes_close(name: str, hint: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        zone_named(name)
    assert hint in str(refusal.value)


def test_a_zone_is_found_by_its_name() -> None:
    assert zone_named("Asia/Kathmandu").key == "Asia/Kathmandu"
