"""Signals: the first one asks for a graceful stop, the second one is immediate.

This module imports nothing of Django, so that `manage.py` can listen before it loads anything.
"""

import os
import signal
from types import FrameType

# What a service manager, a terminal or a container runtime sends to end a program: `kill`, Ctrl-C,
# a terminal that closes, Ctrl-\.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# By this a supervisor hands on that it was asked twice. Not by a second SIGTERM: a service manager
# may send that to each process of the service, and the supervisor hands on its own.
END_AT_ONCE = signal.SIGUSR2

# What was asked for cannot be done, however often it is tried.
EXIT_USAGE = 2
# Something was still running after the grace period, or a part had died.
EXIT_UNFINISHED = 3
EXIT_IMMEDIATE = 130


def end_until_ready() -> None:
    """Until the worker listens, a stop signal ends the process: there is nothing to finish.

    To be called first of all, on the main thread. Without it the first process of a container does
    not hear them: the kernel keeps from process 1 every signal that it has no handler for. Signals
    that were blocked until now (`env --block-signal`) are heard.
    """
    for number in STOP_SIGNALS:
        if not _is_ignored_hangup(number):
            signal.signal(number, _end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(0)


def _is_ignored_hangup(number: signal.Signals) -> bool:
    """`nohup` has asked for that."""
    return number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN


class StopSignals:
    """Notes a signal that means "stop"; the next one ends the process where it stands.

    What was running then is rescued by the other workers. The handler sets a plain flag, which
    the main thread polls: it may interrupt that thread in the middle of anything, and must not
    wait for a lock that the same thread holds.
    """

    def __init__(self) -> None:
        self.received = False

    def listen(self, *, supervised: bool = False) -> None:
        """To be called on the main thread.

        A supervised process may get the same signal from the terminal or the service manager and
        from its supervisor: only END_AT_ONCE ends it at once.
        """
        for number in STOP_SIGNALS:
            if not _is_ignored_hangup(number):
                # A terminal that closes and its shell both send SIGHUP.
                is_doubled = supervised or number == signal.SIGHUP
                signal.signal(number, self._note if is_doubled else self._handle)
        if supervised:
            signal.signal(END_AT_ONCE, self._end_at_once)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            self._end_at_once(number, frame)
        self.received = True

    def _end_at_once(self, number: int, frame: FrameType | None) -> None:
        os._exit(EXIT_IMMEDIATE)
