"""UUIDv7: version, variant, order."""

import threading
import time
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from jobs.core.ids import uuid7, uuid7_floor, uuid7s


def milliseconds_of(value: UUID) -> int:
    return value.int >> 80


def test_version_and_variant_are_those_of_the_standard() -> None:
    for _ in range(1_000):
        made = uuid7()
        assert made.version == 7
        assert made.variant == RFC_4122


def test_the_first_48_bits_are_the_milliseconds_since_1970() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    # Ids that earlier tests made in a burst may have run a little ahead of the clock.
    assert before <= milliseconds_of(made) <= after + 50


def test_each_is_greater_than_the_one_before() -> None:
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_their_order_as_text_is_the_same() -> None:
    made = [str(uuid7()) for _ in range(1_000)]
    assert made == sorted(made)


def test_threads_get_different_ones_each_in_order() -> None:
    made: list[list[UUID]] = [[] for _ in range(8)]
    barrier = threading.Barrier(len(made))

    def make(mine: list[UUID]) -> None:
        barrier.wait()
        mine.extend(uuid7() for _ in range(2_000))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in made)
    assert len({one for mine in made for one in mine}) == 16_000


def test_the_random_part_differs() -> None:
    assert len({uuid7().int & (1 << 62) - 1 for _ in range(1_000)}) == 1_000


def test_a_floor_lies_between_what_was_made_before_and_after() -> None:
    earlier = uuid7()
    now = time.time()
    later = uuid7()
    assert earlier < uuid7_floor(now + 1)
    assert uuid7_floor(now - 1) < earlier
    assert uuid7_floor(now) < later


@given(st.floats(0, 4e9), st.floats(0.002, 1e6))
def test_floors_are_uuids_of_version_7_in_the_order_of_their_moments(
    moment: float, step: float
) -> None:
    floor = uuid7_floor(moment)
    assert floor.version == 7
    assert floor.variant == RFC_4122
    assert milliseconds_of(floor) == int(moment * 1000)
    assert floor < uuid7_floor(moment + step)


def test_many_at_once_are_in_order_and_after_what_was_made_before() -> None:
    before = uuid7()
    made = uuid7s(1_000)
    after = uuid7()
    assert [before, *made, after] == sorted([before, *made, after])
    assert len(set(made)) == 1_000
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {RFC_4122}


def test_before_1970_the_floor_is_below_every_id() -> None:
    assert uuid7_floor(-1.5e9) == uuid7_floor(0) < uuid7()
