"""Log lines of many threads: whole, in order for each thread, and none missing."""

import io
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.logs import line_queue
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


def test_a_full_disk_costs_lines_alone(tmp_path: Path) -> None:
    """Who logs, such as the thread that records outcomes, hears nothing of it."""
    program = (
        "import logging, os, resource; from scheduler.logs.handler import GroupingHandler;"
        "handler = GroupingHandler(); logging.basicConfig(handlers=[handler]);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000));"
        "[logging.warning('%0100d', number) for number in range(50)];"
        "os._exit(0 if handler.lines_dropped > 30 else 3)"
    )
    with (tmp_path / "log").open("w") as file:
        done = subprocess.run([sys.executable, "-c", program], stderr=file, check=False)
    assert done.returncode == 0


def test_a_stream_that_was_closed_costs_lines_alone(
    logger: logging.Logger, stream: SlowStream
) -> None:
    stream.close()
    logger.info("1 line")
    assert [one.lines_dropped for one in logger.handlers if isinstance(one, GroupingHandler)] == [1]


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


# A pipe that nobody reads


class Pipe:
    """A pipe as standard error is one, and the handler that writes into it."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.reader = os.fdopen(reading, "rb", buffering=0)
        self.stream = os.fdopen(writing, "w")
        self.handler = GroupingHandler(self.stream)
        self.logger = logging.Logger("tests")
        self.logger.addHandler(self.handler)

    def read_until(self, text: bytes) -> bytes:
        content = b""
        while text not in content:
            content += self.reader.read(65_536)
        return content


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.reader.close()
    pipe.handler.flush()
    pipe.stream.close()


def test_a_pipe_gets_each_line_in_order(pipe: Pipe) -> None:
    for number in range(LINES):
        pipe.logger.info("line %d", number)
    content = pipe.read_until(b"line %d\n" % (LINES - 1))
    assert content.decode().splitlines() == [f"line {number}" for number in range(LINES)]


def _kept(content: str) -> int:
    return len([line for line in content.splitlines() if len(line) == 100])


def _dropped(content: str) -> int:
    """It may take several lines to say so: the writer of a slow machine comes in between."""
    return sum(map(int, re.findall(r"(\d+) log lines were dropped", content)))


def test_a_pipe_that_nobody_reads_holds_up_nobody_and_what_is_over_is_counted(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_queue, "CHARACTERS_LIMIT", 100_000)
    begun_at = time.monotonic()
    for number in range(5_000):
        pipe.logger.info("%0100d", number)
    pipe.handler.flush()
    assert time.monotonic() - begun_at < 10
    content = ""
    while (counted := _kept(content) + _dropped(content)) < 5_000:
        content += pipe.read_until(b"were dropped").decode()
    assert counted == 5_000
    assert _dropped(content) > 0
    pipe.logger.info("read again")
    assert b"read again" in pipe.read_until(b"read again")


def test_a_pipe_whose_reader_is_gone_costs_lines_alone(pipe: Pipe) -> None:
    pipe.reader.close()
    for number in range(LINES):
        pipe.logger.info("line %d", number)
    pipe.handler.flush()
    assert not pipe.handler._lines


def test_a_line_that_cannot_be_made_is_reported_on_the_same_way(pipe: Pipe) -> None:
    pipe.logger.info("%d", "no number")
    assert b"A log line could not be made" in pipe.read_until(b"made: '%d'")


def test_a_process_forks_without_the_thread_that_writes(pipe: Pipe) -> None:
    pipe.logger.info("before")
    pipe.read_until(b"before")
    pid = os.fork()
    if pid == 0:
        pipe.logger.info("child")
        pipe.handler.flush()
        os._exit(0 if pipe.handler._has_thread else 1)
    pipe.logger.info("parent")
    content = b""
    while not (b"child" in content and b"parent" in content):
        content += pipe.reader.read(65_536)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_the_end_of_a_process_waits_a_second_at_most() -> None:
    program = (
        "import logging, sys; from scheduler.logs.handler import GroupingHandler;"
        "logging.basicConfig(handlers=[GroupingHandler()]);"
        "[logging.warning('%0100d', number) for number in range(5_000)]"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    assert process.wait(20) == 0
    process.stderr.close()  # type: ignore[union-attr]
