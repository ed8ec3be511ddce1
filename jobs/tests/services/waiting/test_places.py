"""Places: whose they are, how many there are, and who is woken."""

import pytest
from pytest_django.fixtures import Settings

from jobs.core.ids import uuid7
from jobs.core.wait_errors import TooManyWait
from jobs.services.waiting.places import Place, Places


def place(client: object = "ann", state: str = "queued", wants_changes: bool = False) -> Place:
    return Place(uuid7(), client, lambda: None, (state, 0), wants_changes)


def test_a_client_has_its_share(settings: Settings) -> None:
    settings.JOBS_WAITS_PER_CLIENT = 2
    places = Places()
    taken = [place() for _ in range(2)]
    for one in taken:
        places.add(one)
    with pytest.raises(TooManyWait) as refusal:
        places.add(place())
    assert (refusal.value.of_client, refusal.value.limit) == (True, 2)
    places.add(place("bob"))
    places.discard(taken[0])
    places.discard(taken[0])
    places.add(place())
    with pytest.raises(TooManyWait):
        places.add(place())


def test_a_process_has_its_own_limit(settings: Settings) -> None:
    settings.JOBS_WAITS_MAX = 2
    places = Places()
    places.add(place("ann"))
    places.add(place("bob"))
    with pytest.raises(TooManyWait) as refusal:
        places.add(place("cid"))
    assert (refusal.value.of_client, refusal.value.limit) == (False, 2)
    assert len(places) == 2


def test_nobody_waits_where_none_may(settings: Settings) -> None:
    settings.JOBS_WAITS_MAX = 0
    with pytest.raises(TooManyWait):
        Places().add(place())


def test_code_of_this_process_waits_without_a_limit(settings: Settings) -> None:
    settings.JOBS_WAITS_MAX = 0
    places = Places()
    places.add(one := place(None))
    assert places.of_rows([one.row_id, uuid7()]) == [one]
    assert len(places) == 0
    places.discard(one)
    assert places.job_ids() == []


def test_several_may_wait_for_one_job() -> None:
    places, one, other = Places(), place(), place("bob")
    other.row_id = one.row_id
    places.add(one)
    places.add(other)
    assert set(places.of_rows([one.row_id])) == {one, other}
    places.discard(one)
    assert places.of_rows([one.row_id]) == [other]


@pytest.mark.parametrize(
    ("found", "waits", "follows"),
    [
        (("queued", 0), False, False),
        (("running", 1), False, True),
        (("queued", 1), False, True),
        (("succeeded", 1), True, True),
        (("cancelled", 0), True, True),
        (None, True, True),
    ],
)
def test_news_for_whoever_waits_and_for_whoever_follows(
    found: tuple[str, int] | None, waits: bool, follows: bool
) -> None:
    assert place().is_outdated(found) is waits
    assert place(wants_changes=True).is_outdated(found) is follows
