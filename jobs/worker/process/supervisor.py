"""`runworker --processes N`: starts N workers, restarts what dies, stops them together."""

import contextlib
import logging
import os
import signal
from collections.abc import Callable
from types import FrameType

from jobs.core.clock import Clock
from jobs.core.process_counts import process_counts
from jobs.worker.process.stop_signals import (
    END_AT_ONCE,
    EXIT_UNFINISHED,
    EXIT_USAGE,
    STOP_SIGNALS,
    end_until_ready,
)

logger = logging.getLogger(__name__)

# A worker that dies this soon after its start is likely to do so again: it is restarted ever later.
QUICK_DEATH_SECONDS = 5.0
RESTART_CAP_SECONDS = 30.0
# How often deaths and due restarts are looked for.
WATCH_SECONDS = 0.2


class Supervisor:
    """One child process for each number; `run_child` gets the number and returns the exit code.

    One that ends with EXIT_USAGE at its first start would do so at every other: all of them stop.
    Children are forked: to be started before there are threads or database connections.
    """

    def __init__(self, count: int, run_child: Callable[[int], int], clock: Clock) -> None:
        self._run_child = run_child
        self._clock = clock
        self._numbers = range(1, count + 1)
        self._children: dict[int, int] = {}  # pid -> number
        self._started: dict[int, float] = {}  # number -> when
        self._due: dict[int, float] = dict.fromkeys(self._numbers, 0.0)
        self._waits: dict[int, float] = dict.fromkeys(self._numbers, 0.5)
        self._restarted: set[int] = set()
        self._signals = 0
        self._worst_exit = 0

    def run(self) -> int:
        """Works until a stop signal and all children are gone; returns the worst exit code."""
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        while self._children or not self._signals:
            self._start_due()
            self._reap()
            self._clock.sleep(WATCH_SECONDS)
        return self._worst_exit

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """The first one asks all children to stop; the second one ends them at once."""
        if number == signal.SIGHUP and self._signals:
            return  # a terminal that closes and its shell both send it
        self._signals += 1
        self._due.clear()
        handed_on = signal.SIGTERM if self._signals == 1 else END_AT_ONCE
        for pid in list(self._children):
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, handed_on)

    def _start_due(self) -> None:
        now = self._clock.monotonic()
        # A signal empties `_due`, between any two steps.
        for number, at in list(self._due.items()):
            if at <= now:
                self._due.pop(number, None)
                self._start(number)

    def _start(self, number: int) -> None:
        # A signal between the fork and the note of its pid would not reach the child: it is
        # blocked for that long.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            if self._signals:
                return  # a signal that came just before would never reach the child
            pid = os.fork()
            if pid == 0:
                self._be_child(number)
            self._children[pid] = number
            self._started[number] = self._clock.monotonic()
        except OSError as error:  # the system has no process, or no memory, left for it
            self._not_started(number, error)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _not_started(self, number: int, error: OSError) -> None:
        """The workers that run go on; this one is tried again as one that dies at once."""
        self._waits[number] = self._longer_wait(number)
        self._due[number] = self._clock.monotonic() + self._waits[number]
        logger.error(
            "Worker process %d could not be started, and is tried again in %g s: %s",
            number,
            self._waits[number],
            error,
            extra={"event": "process.not_started", "number": number},
        )

    def _be_child(self, number: int) -> None:
        """Never returns: a child must not run on in the supervisor's code."""
        code = 1
        try:
            end_until_ready()
            process_counts.begin_anew()
            code = self._run_child(number)
        except BaseException:
            logger.exception(
                "Worker process %d failed",
                number,
                extra={"event": "process.failed", "number": number},
            )
        finally:
            logging.shutdown()
            os._exit(code)

    def _reap(self) -> None:
        for pid in list(self._children):
            gone, status = os.waitpid(pid, os.WNOHANG)
            if gone:
                number = self._children.pop(pid)
                self._ended(number, os.waitstatus_to_exitcode(status))

    def _ended(self, number: int, code: int) -> None:
        if self._signals:
            self._worst_exit = max(self._worst_exit, _reported(code))
            return
        if code == EXIT_USAGE and number not in self._restarted:
            self._give_up(number, code)
            return
        self._restarted.add(number)
        lived = self._clock.monotonic() - self._started[number]
        quick = lived < QUICK_DEATH_SECONDS and code != 0
        self._waits[number] = self._longer_wait(number) if quick else 0.5
        wait = self._waits[number] if code else 0.0
        self._due[number] = self._clock.monotonic() + wait
        logger.log(
            logging.WARNING if code else logging.INFO,
            "Worker process %d ended with %d; the next one starts in %g s",
            number,
            code,
            wait,
            extra={"event": "process.ended", "number": number, "code": code, "seconds": wait},
        )

    def _longer_wait(self, number: int) -> float:
        return min(self._waits[number] * 2, RESTART_CAP_SECONDS)

    def _give_up(self, number: int, code: int) -> None:
        logger.error(
            "Worker process %d cannot do what was asked for: all of them stop",
            number,
            extra={"event": "process.ended", "number": number, "code": code},
        )
        self._worst_exit = max(self._worst_exit, code)
        self._on_signal(signal.SIGTERM, None)


def _reported(code: int) -> int:
    """The exit code of a child as the supervisor reports it; negative is a signal's number.

    SIGTERM kills only a child that does not listen for it yet, and has done nothing.
    """
    if code == -signal.SIGTERM:
        return 0
    return EXIT_UNFINISHED if code < 0 else code
