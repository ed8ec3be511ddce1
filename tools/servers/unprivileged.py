"""Servers that refuse to run as root, where root starts them."""

import os
import pwd
import shutil
import signal
from collections.abc import Sequence

from tools.errors import ToolError

_USER = "nobody"


def unprivileged_user() -> pwd.struct_passwd:
    """Who owns their data then."""
    return pwd.getpwnam(_USER)


def as_unprivileged(server: str, stop_signal: signal.Signals) -> Sequence[str]:
    """What to put before a command so that it does not run as root; nothing for others.

    It keeps one right of root: to pass through directories. A checkout below /root would be
    out of its reach otherwise, and the permissions of /root are not for this program to change.
    `stop_signal`: what it gets when this process dies. Raises `ToolError` without setpriv.
    """
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise ToolError(
            f"{server} does not run as root, and setpriv (package util-linux) is not "
            "installed; install it, or work as an ordinary user."
        )
    user = unprivileged_user()
    return [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--securebits=+no_setuid_fixup",  # or access(2), which PostgreSQL asks, forgets it
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        f"--pdeathsig={stop_signal.name.removeprefix('SIG')}",
    ]
