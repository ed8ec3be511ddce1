"""How it went: from roll-ups of any period, by steps; quantiles are exact to the bucket."""

from datetime import datetime, timedelta

import pytest

from jobs.core.histogram import BOUNDS, BUCKETS, quantile_seconds
from jobs.models import RollUp
from jobs.models.roll_up import DAY, HOUR, MINUTE, QUARTER
from jobs.services.maintenance.fold_roll_ups import jobs_fold_roll_ups
from jobs.services.overview import SPANS, history_of, queue_counts
from jobs.sql.statements import database_now

pytestmark = pytest.mark.django_db


def rolled_up(ago_seconds: float, count: int = 1, **fields: object) -> RollUp:
    """A roll-up of the minute that was so many seconds ago."""
    begins_at = (database_now() - timedelta(seconds=ago_seconds)).replace(second=0, microsecond=0)
    return RollUp.objects.create(
        **{
            "begins_at": begins_at,
            "seconds": MINUTE,
            "queue": "default",
            "type": "tests.note",
            "outcome": "succeeded",
            "wait_bucket": 2,
            "run_bucket": 5,
            "count": count,
            **fields,
        }
    )


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS.keys())
def test_a_span_has_its_steps_and_ends_now(span: object) -> None:
    history = history_of(SPANS[span.name])  # type: ignore[attr-defined]

    assert len(history.steps) * history.span.step_seconds == history.span.seconds
    length = timedelta(seconds=history.span.step_seconds)
    begins = [step.begins_at for step in history.steps]
    assert begins == [begins[0] + number * length for number in range(len(begins))]
    assert begins[-1] <= database_now() < begins[-1] + length
    assert history.is_empty


def test_counts_are_added_up_by_step_and_outcome() -> None:
    rolled_up(0, 3)
    rolled_up(0, 2, queue="emails", outcome="dead", wait_bucket=None)
    rolled_up(10 * MINUTE, 5)
    rolled_up(2 * HOUR, 100)

    history = history_of(SPANS["hour"])

    assert dict(history.total.ended) == {"succeeded": 8, "dead": 2}
    assert [sum(step.ended.values()) for step in history.steps if step.ended] == [5, 5]
    assert sum(history.total.waits) == 8
    assert sum(history.total.run_times) == 10
    assert sum(history_of(SPANS["day"]).total.ended.values()) == 110


@pytest.mark.parametrize("ago_seconds", [5 * MINUTE, 3 * HOUR, 30 * HOUR, 10 * DAY])
def test_folding_moves_nothing_out_of_a_chart(ago_seconds: float) -> None:
    rolled_up(ago_seconds, 4)
    before = [history_of(span).total.ended for span in SPANS.values()]

    assert jobs_fold_roll_ups().count > 0

    assert [history_of(span).total.ended for span in SPANS.values()] == before


def test_periods_that_charts_read_begin_at_their_multiples() -> None:
    rolled_up(3 * HOUR, 4)
    jobs_fold_roll_ups()

    [one] = RollUp.objects.all()
    assert one.seconds == QUARTER
    assert one.begins_at.minute % 15 == 0
    assert one.begins_at <= datetime.now(one.begins_at.tzinfo) - timedelta(hours=2)


def test_quantiles() -> None:
    counts = [0] * BUCKETS
    assert quantile_seconds(counts, 0.5) is None
    counts[BOUNDS.index(1.0)] = 100  # from 0.5 to 1 s
    assert quantile_seconds(counts, 0.5) == pytest.approx(0.75)
    counts[-1] = 100  # more than an hour
    assert quantile_seconds(counts, 0.25) == pytest.approx(0.75)
    assert quantile_seconds(counts, 0.99) == 3_600
    assert quantile_seconds([1] + [0] * (BUCKETS - 1), 0.5) == pytest.approx(0.0025)


def test_the_past_hour_of_each_queue() -> None:
    rolled_up(5 * MINUTE, 3)
    rolled_up(5 * MINUTE, 2, queue="emails", outcome="dead", wait_bucket=None)
    rolled_up(2 * HOUR, 100)
    rolled_up(MINUTE, 1, queue="elsewhere")

    counts = queue_counts(["default", "emails", "bulk"])

    assert {name: dict(one.ended) for name, one in counts.items()} == {
        "default": {"succeeded": 3},
        "emails": {"dead": 2},
        "bulk": {},
    }
    assert counts["default"].wait_seconds(0.95) == quantile_seconds(counts["default"].waits, 0.95)
    assert counts["emails"].wait_seconds(0.95) is None
