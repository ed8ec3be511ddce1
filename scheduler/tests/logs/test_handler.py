"""Log lines of many threads: whole, in order for each thread, and none missing."""

import io
import logging
import os
import threading

import pytest

from scheduler.logs.handler import GroupingHandler

THREADS = 8
LINES = 400


class SlowStream(io.StringIO):
    """Lets other threads log while it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def write(self, text: str) -> int:
        self.writes += 1
        self.entered.set()
        self.go_on.wait(10)
        return super().write(text)


@pytest.fixture
def stream() -> SlowStream:
    return SlowStream()


@pytest.fixture
def logger(stream: SlowStream) -> logging.Logger:
    logger = logging.Logger("tests")
    logger.addHandler(GroupingHandler(stream))
    return logger


def test_a_line_is_there_when_the_call_returns(logger: logging.Logger, stream: SlowStream) -> None:
    logger.warning("%d jobs", 3)
    assert stream.getvalue() == "3 jobs\n"


def test_no_line_of_many_threads_is_missing_or_out_of_order(
    logger: logging.Logger, stream: SlowStream
) -> None:
    def log(thread: int) -> None:
        for number in range(LINES):
            logger.info("%d %d", thread, number)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [tuple(map(int, line.split())) for line in stream.getvalue().splitlines()]
    assert len(lines) == THREADS * LINES
    for own in range(THREADS):
        assert [number for who, number in lines if who == own] == list(range(LINES))


def test_who_writes_takes_along_what_others_log_meanwhile(
    logger: logging.Logger, stream: SlowStream
) -> None:
    stream.go_on.clear()
    writer = threading.Thread(target=logger.info, args=("first",))
    writer.start()
    assert stream.entered.wait(10)
    logger.info("second")  # does not wait
    logger.info("third")
    stream.go_on.set()
    writer.join(10)
    assert stream.getvalue() == "first\nsecond\nthird\n"
    assert stream.writes == 2


def test_a_line_that_cannot_be_made_breaks_nobody(
    logger: logging.Logger, stream: SlowStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logger.info("%d", "no number")
    logger.info("next")
    assert stream.getvalue() == "next\n"


def test_a_fork_in_the_middle_of_a_line_leaves_the_child_free_to_log(
    logger: logging.Logger, stream: SlowStream
) -> None:
    stream.go_on.clear()
    writer = threading.Thread(target=logger.info, args=("parent",))
    writer.start()
    assert stream.entered.wait(10)
    reader, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        stream.go_on.set()
        logger.info("child")
        os.write(end, stream.getvalue().encode())
        os._exit(0)
    os.close(end)
    with os.fdopen(reader) as pipe:
        assert pipe.read() == "child\n"
    os.waitpid(pid, 0)
    stream.go_on.set()
    writer.join(10)
