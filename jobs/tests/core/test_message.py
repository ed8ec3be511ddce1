"""What travels through Redis: encoded, decoded, and refused."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.ids import uuid7
from jobs.core.message import Entry, Fetched, QueueMessage

queues = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=250)
# As jobs/core/effect_key.py writes them: what stands before the first colon has no space.
names = st.from_regex(r"[A-Za-z0-9._-]{0,20}", fullmatch=True)
keys = st.builds("{}:{}".format, names, texts)
stamps = st.none() | st.integers(0, 10**14)


@given(st.uuids(), keys, queues, st.integers(0, 9), stamps)
def test_an_entry_survives_the_way(
    job_id: UUID, key: str, queue: str, priority: int, stamp: int | None
) -> None:
    entry = Entry(QueueMessage(job_id, key, queue, priority), stamp)
    assert Entry.decode(entry.encode(), queue, priority) == entry


@given(st.uuids(), queues, st.integers(0, 9))
def test_a_job_with_its_own_key_is_its_id_and_its_stamp_alone(
    job_id: UUID, queue: str, priority: int
) -> None:
    message = QueueMessage(job_id, str(job_id), queue, priority)
    assert message.encode() == str(job_id)
    assert Entry(message, 17).encode() == f"{job_id} @17"
    assert Entry.decode(f"{job_id} @17", queue, priority) == Entry(message, 17)
    assert Entry.decode(str(job_id), queue, priority) == Entry(message)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "nonsense that is longer than an id, by some characters",
        "0190d6f0-0000-7000-8000-00000000000",
        "0190d6f0-0000-7000-8000-000000000000:key",
        "0190d6f0-0000-7000-8000-0000000000000",
        "0190d6f0000070008000000000000000",
        "{0190d6f0000070008000000000000000}",
    ],
)
def test_what_is_no_entry_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - UUID words its own refusals
        Entry.decode(text, "default", 5)


def fetched(mark: str, job_id: UUID) -> Fetched:
    return Fetched(QueueMessage(job_id, "welcome:ann", "default", 5), mark)


def test_a_cache_mark_of_the_job_itself_or_none_is_no_key_conflict() -> None:
    job_id = uuid7()
    assert not fetched("", job_id).has_key_conflict
    assert not fetched("", job_id).already_done
    assert not fetched(f"claimed:{job_id}", job_id).has_key_conflict
    assert not fetched(f"claimed:{job_id}", job_id).already_done


def test_only_its_own_success_makes_a_message_a_duplicate() -> None:
    job_id, other = uuid7(), uuid7()
    assert fetched(f"done:{job_id}", job_id).already_done
    assert not fetched(f"done:{job_id}", job_id).has_key_conflict
    assert not fetched(f"done:{other}", job_id).already_done


def test_the_cache_mark_of_another_job_is_a_key_conflict() -> None:
    job_id, other = uuid7(), uuid7()
    assert fetched(f"claimed:{other}", job_id).has_key_conflict
    assert fetched(f"done:{other}", job_id).has_key_conflict


@pytest.mark.parametrize("stamp", ["", " @1700000000000"])
def test_a_key_that_no_job_can_have_is_no_entry(stamp: str) -> None:
    """It would be asked for as if it were the id."""
    with pytest.raises(ValueError, match="not an entry"):
        Entry.decode(f"{uuid7()}{stamp} kkk", "default", 5)
