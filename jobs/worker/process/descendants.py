"""Processes that handlers have started: they hear signals as usual, and end with the worker."""

import contextlib
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from jobs.core.clock import Clock
from jobs.worker.process.stop_signals import END_AT_ONCE, STOP_SIGNALS

logger = logging.getLogger(__name__)

# How long they may take to end once the worker has stopped, and how often that is looked at.
END_SECONDS = 2.0
WATCH_SECONDS = 0.05

_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")
# Loaded here: in the child of a fork another thread of its parent may have held any lock.
_libc = ctypes.CDLL(None)
_worker_pid: int | None = None
_is_fork = False


def end_forks_with(pid: int) -> None:
    """From now on what this process, the worker `pid`, forks has no signal handlers of the worker.

    Each such process ends when the worker does, however that ends (Linux only); a program that a
    handler starts (`subprocess`) has no such handlers anyway, and ends by `end_descendants`.
    """
    global _worker_pid
    if _worker_pid is None:
        os.register_at_fork(after_in_child=_be_ordinary)
    _worker_pid = pid


def end_if_forked() -> None:
    """Ends a process that a handler has forked, and that comes back from the handler.

    To be called where a handler has returned or raised, before anything else is done: the fork has
    the worker's connections, on which it would speak in the middle of what the worker says. It ends
    as a program does: with 0, the number that SystemExit names, or 1 for any other exception.
    """
    if _is_fork:
        os._exit(_exit_code(sys.exc_info()[1]))


def _exit_code(error: BaseException | None) -> int:
    if error is None:
        return 0
    code = error.code if isinstance(error, SystemExit) else 1
    return code & 0xFF if isinstance(code, int) else int(code is not None)


def end_descendants(clock: Clock, worker: str) -> None:
    """Ends what handlers have started and left behind; logs how many processes that were.

    SIGTERM first, SIGKILL after END_SECONDS. Their own children are found, too (Linux only).
    """
    found = list(_descendants(os.getpid()))
    _send(found, signal.SIGTERM)
    until = clock.monotonic() + END_SECONDS
    while any(map(_is_alive, found)) and clock.monotonic() < until:
        clock.sleep(WATCH_SECONDS)
    _send([pid for pid in found if _is_alive(pid)], signal.SIGKILL)
    if found:
        logger.warning(
            "%d processes that handlers had started were ended with the worker",
            len(found),
            extra={"event": "processes.ended", "worker": worker, "count": len(found)},
        )


def _be_ordinary() -> None:
    """Runs in each child of a fork."""
    global _is_fork
    _is_fork = True
    for number in (*STOP_SIGNALS, END_AT_ONCE):
        if callable(signal.getsignal(number)):
            is_interrupt = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if is_interrupt else signal.SIG_DFL)
    if sys.platform == "linux":
        # The kernel sends it also when only the thread ends that has forked, so it must not kill.
        signal.signal(signal.SIGRTMAX, _end_with_worker)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGRTMAX)
        _end_with_worker(signal.SIGRTMAX, None)  # it may have ended before that


def _end_with_worker(number: int, frame: FrameType | None) -> None:
    if _worker_pid is not None and not _is_alive(_worker_pid):
        os._exit(1)


def _is_alive(pid: int) -> bool:
    """False for a process that is gone, or that has ended and not been waited for."""
    try:
        state = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state not in (b"Z", b"X")


def _descendants(pid: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = int(entry.read_bytes().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found = children.get(pid, [])
    while found:
        child = found.pop()
        yield child
        found += children.get(child, [])


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
