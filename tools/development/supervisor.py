"""Watches over everything that bin/start started, and stops it in order."""

import signal
import time
from collections.abc import Iterable, Mapping
from types import FrameType

from tools.child import Child
from tools.servers.hold import Hold
from tools.terminal import aside, problem, say

_TICK_SECONDS = 0.1
_STOP_SECONDS = 40  # above JOBS_GRACE_SECONDS: a job that is running may finish


class Stopped(Exception):
    """A signal asks everything to stop."""


class Ended(Exception):
    """A part ended by itself."""


class Supervisor:
    """The parts of one run. Call `pause` wherever there is time to pass."""

    def __init__(self, holds: Mapping[str, Hold]) -> None:
        self._holds = holds
        self._children: list[Child] = []
        self._shown: list[Child] = []
        self._signals = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._count_signal)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # which nohup asks for
            signal.signal(signal.SIGHUP, self._count_signal)

    def add(self, child: Child, *, show: bool = False) -> None:
        """Takes care of the child; with `show`, its log lines appear on the terminal."""
        self._children.append(child)
        if show:
            self._shown.append(child)

    def pause(self, seconds: float = 0) -> None:
        """Lets time pass; raises `Stopped` or `Ended` if it is over."""
        deadline = time.monotonic() + seconds
        while True:
            self._show_lines()
            self._check()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _TICK_SECONDS))

    def stop(self) -> None:
        """Stops the parts, those that use others first. A second signal kills them."""
        self._signals = 0
        for group in self._groups():
            self._stop_children(group)
        if self._children:
            say(f"Stopped: {', '.join(child.name for child in self._children)}.")
        for hold in self._holds.values():
            if hold.leave():
                say(f"Stopped: {hold.name}.")
            else:
                say(f"{hold.name} stays up: another process of this checkout uses it.")

    def _groups(self) -> list[list[Child]]:
        """What was started last is stopped first; the workers, which are shown, together."""
        others = [child for child in reversed(self._children) if child not in self._shown]
        return [self._shown, *([child] for child in others)]

    def _stop_children(self, children: Iterable[Child]) -> None:
        children = list(children)
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + _STOP_SECONDS
        while any(child.exit_status is None for child in children):
            self._show_lines()
            if self._signals or time.monotonic() > deadline:
                for child in children:
                    child.kill()
            time.sleep(_TICK_SECONDS)
        self._show_lines()

    def _show_lines(self) -> None:
        for child in self._shown:
            for line in child.new_lines():
                aside(child.name, line)

    def _check(self) -> None:
        if self._signals:
            raise Stopped
        for child in self._children:
            if child.exit_status is not None:
                self._report(child.name, f"exit status {child.exit_status}", child)
                raise Ended(child.name)
        for hold in self._holds.values():
            if hold.ended():
                self._report(hold.name, "the server is gone", hold)
                raise Ended(hold.name)

    def _report(self, name: str, how: str, part: Child | Hold) -> None:
        problem(f"{name} ended unexpectedly ({how}). {part.log} ends with:")
        for line in part.last_lines():
            say(f"    {line}")

    def _count_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1
