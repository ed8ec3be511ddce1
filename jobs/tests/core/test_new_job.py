"""A job to insert: whether it can be copied, and as which line."""

from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.core.new_job import Inserted, NewJob


def new_job(**fields: Any) -> NewJob:
    defaults: dict[str, Any] = {
        "type": "tests.note",
        "queue": "default",
        "priority": 5,
        "payload_json": '{"text":"a"}',
        "idempotency_key": None,
        "effect_key": None,
        "submitted_by_id": None,
        "max_retries": 4,
    }
    return NewJob(**(defaults | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"idempotency_key": "order-1"},
        {"run_at": datetime(2099, 1, 1, tzinfo=UTC)},
        {"delay_seconds": 0.5},
    ],
)
def test_what_may_have_to_wait_or_may_be_a_duplicate_is_not_plain(fields: dict[str, Any]) -> None:
    assert new_job(effect_key="tests.note:ann").is_plain
    assert not new_job(**fields).is_plain


def test_a_job_without_an_effect_key_is_its_own_key() -> None:
    job_id = uuid7()
    assert new_job().message(job_id, str(job_id)) == QueueMessage(job_id, str(job_id), "default", 5)
    shared = new_job(effect_key="tests.note:ann").message(job_id, str(job_id))
    assert shared.effect_key == "tests.note:ann"


def test_the_line_has_a_column_for_each_value_and_escapes_what_copy_would_read() -> None:
    new = new_job(payload_json='{"text":"a\\\\b"}', effect_key="tests.note:a\tb")
    line = new.as_line("the id", "tests.note:a\tb\\c\n")
    assert line.endswith("\n")
    assert line.rstrip("\n").split("\t") == [
        "the id",
        "tests.note",
        "default",
        "5",
        '{"text":"a\\\\\\\\b"}',
        r"tests.note:a\tb\\c\n",
        r"\N",
        "4",
        r"\N",
        r"\N",
        "queued",
        "0",
        "0",
        "0",
        "[]",
    ]


def test_a_client_is_named_in_the_line() -> None:
    assert new_job(submitted_by_id=7).as_line("id", "id").split("\t")[6] == "7"


@pytest.mark.parametrize(("run_at", "delay"), [(110.0, 10.0), (100.0, 0.0), (90.0, -10.0)])
def test_the_delay_is_how_far_ahead_the_job_is_due(run_at: float, delay: float) -> None:
    message = QueueMessage(uuid7(), "key", "default", 5)
    assert Inserted(message, created_at=100.0, run_at=run_at).delay_seconds == delay
