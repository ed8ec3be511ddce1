"""The overview: what a person may see of it, bounded in queries, and the same in parts."""

import pytest
from django.test import Client
from django.urls import reverse

from jobs.admin.overview.charts import by_colour, durations_chart, throughput_chart
from jobs.models import DeadLetter, DeadLetterGroup, Worker
from jobs.services.overview import SPANS, history_of
from jobs.templatetags.durations import duration
from jobs.tests.admin.conftest import MakeDeadLetters, make_staff, signed_in
from jobs.tests.admin.pages import (
    assert_contains_all,
    list_page,
    queries_of,
    record_page,
    text_of,
)
from jobs.tests.factories import make_job
from jobs.tests.steps import die, succeed

pytestmark = pytest.mark.django_db

INDEX = "/admin/"


def test_an_empty_service_says_what_to_do(admin_client: Client) -> None:
    text = text_of(admin_client, INDEX)
    assert_contains_all(
        text, ["Nothing needs a person", "Nothing has ended", "manage.py runworker"]
    )


def test_it_shows_what_needs_a_person_and_where_it_is_put_right(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter, _] = make_dead_letters(2)
    text = text_of(admin_client, INDEX)
    assert "2 dead letters of tests.note: " in text
    group = DeadLetterGroup(fingerprint=letter.fingerprint, type=letter.type)
    assert f'href="{record_page(group)}"' in text
    assert "no such mailbox &lt;b&gt;" in text
    of_letters_alone = text_of(signed_in(make_staff("view_deadletter")), INDEX)
    filtered = f"{list_page(DeadLetter)}type=tests.note&amp;fingerprint={letter.fingerprint}"
    assert f'href="{filtered}"' in of_letters_alone


@pytest.mark.parametrize("span", [*SPANS, "nonsense", ""])
def test_every_span_is_a_page_and_a_part(admin_client: Client, span: str) -> None:
    succeed(make_job())
    die(make_job())
    page = text_of(admin_client, f"{INDEX}?span={span}")
    part = text_of(admin_client, f"{INDEX}?span={span}&part=1")
    assert "<html" in page
    assert "<html" not in part
    for text in (page, part):
        assert_contains_all(text, ['class="bar bar-succeeded"', 'class="bar bar-dead"', "p95"])
        assert 'class="line line-p99"' in text


def test_a_person_sees_only_what_they_may(make_dead_letters: MakeDeadLetters) -> None:
    make_dead_letters()
    nothing = text_of(signed_in(make_staff()), INDEX)
    assert "dead letter of" not in nothing
    assert "Queues now" not in nothing
    assert "Ended" not in nothing
    letters = text_of(signed_in(make_staff("view_deadletter")), INDEX)
    assert "1 dead letter of" in letters
    assert list_page(Worker).rstrip("?") not in letters


def test_strangers_are_asked_to_log_in() -> None:
    assert Client().get(INDEX)["Location"].startswith(reverse("admin:login"))
    assert Client().get(f"{INDEX}?part=1").status_code == 302


def test_it_takes_as_many_queries_with_more_rows(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    make_dead_letters(2)
    few = queries_of(admin_client, INDEX)
    make_dead_letters(20)
    for _ in range(20):
        succeed(make_job())
    many = queries_of(admin_client, INDEX)
    assert len(many) == len(few)
    assert not any("payload" in query.partition(" FROM ")[0] for query in many)


def test_the_page_loads_only_files_and_none_of_it_is_inline(admin_client: Client) -> None:
    text = text_of(admin_client, INDEX)
    assert text.count("<script") == text.count("<script src=")
    part = text_of(admin_client, f"{INDEX}?part=1")
    assert "style=" not in part
    assert "<script" not in part


def test_bars_are_stacked_within_the_chart() -> None:
    for _ in range(3):
        succeed(make_job())
    die(make_job())
    history = history_of(SPANS["hour"])
    chart = throughput_chart(history)
    assert [bar.name for bar in chart.bars] == ["succeeded", "dead"]
    assert chart.bars[0].y + chart.bars[0].height == pytest.approx(100)
    assert chart.bars[1].y + chart.bars[1].height == pytest.approx(chart.bars[0].y)
    assert [tick.label for tick in chart.ticks] == ["5", "2.5"]
    assert by_colour(dict(history.total.ended)) == {
        "succeeded": 3,
        "retried": 0,
        "dead": 1,
        "other": 0,
    }


def test_a_value_without_neighbours_is_drawn() -> None:
    succeed(make_job())
    chart = durations_chart(history_of(SPANS["hour"]), "run")
    assert all(line.path.startswith("M") and "L" in line.path for line in chart.lines)
    assert len(chart.hints) == 60


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "-"),
        (0, "0 ms"),
        (0.0083, "8 ms"),
        (1, "1 s"),
        (1.24, "1.2 s"),
        (59.4, "59 s"),
        (150, "2 min"),
        (7_200, "2 h"),
        (400_000, "5 days"),
    ],
)
def test_durations_are_short(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said
