"""The benchmark measures two things in turns."""

from tools.benchmark.turns import in_turns


def test_slices_of_both_alternate_and_add_up() -> None:
    done: list[tuple[str, int]] = []

    rates = in_turns(
        5, 2, lambda size: done.append(("raw", size)), lambda size: done.append(("product", size))
    )

    assert done == [
        ("raw", 2),
        ("product", 2),
        ("raw", 2),
        ("product", 2),
        ("raw", 1),
        ("product", 1),
    ]
    assert len(rates) == 2
    assert all(rate > 0 for rate in rates)
