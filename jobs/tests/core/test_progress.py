"""What a handler may report."""

import pytest

from jobs.core.progress import MESSAGE_MAX, Progress, progress_of


def test_a_report_is_kept_as_it_is() -> None:
    assert progress_of(3, 10, "rows") == Progress(3.0, 10.0, "rows")
    assert progress_of(0.5) == Progress(0.5, None, "")


def test_more_than_the_total_may_be_done() -> None:
    assert progress_of(11, 10).done == 11


def test_a_message_fits_its_column_and_postgresql() -> None:
    assert progress_of(1, 2, "a\x00b" + "c" * 300).message == "ab" + "c" * (MESSAGE_MAX - 2)
    assert progress_of(1, 2, "\ud800").message == "?"


@pytest.mark.parametrize("done", [-1, True, "3", None, float("nan"), float("inf"), 10**400])
def test_what_is_done_is_a_number(done: float) -> None:
    with pytest.raises(ValueError, match="done"):
        progress_of(done)


@pytest.mark.parametrize("total", [0, -1, False, "3", float("nan"), 10**400])
def test_a_total_is_a_number_above_0(total: float) -> None:
    with pytest.raises(ValueError, match="total"):
        progress_of(1, total)
