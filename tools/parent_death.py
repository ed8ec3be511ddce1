"""No orphans: a child process is told when its parent was killed."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)  # loaded here: between fork and exec there should be little to do


def end_with_parent(how: signal.Signals = signal.SIGTERM) -> None:
    """For `preexec_fn`: the kernel sends `how` when the parent is gone. Linux only."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, how)
