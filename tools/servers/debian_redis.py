"""Debian's Redis, which has TLS: the wheel of Valkey has none."""

import shutil
from pathlib import Path

from tools.checkout import DATA_DIR
from tools.debian import Unpacked
from tools.errors import ToolError

_PACKAGE = "redis-server"


def find_redis() -> Path:
    """The Redis of this machine, else one that is fetched once; raises `ToolError`."""
    if installed := shutil.which(_PACKAGE):
        return Path(installed)
    unpacked = Unpacked(DATA_DIR / _PACKAGE)
    launcher = unpacked.directory / _PACKAGE
    if not launcher.exists() and unpacked.fetch([_PACKAGE]):
        unpacked.write_launcher(_PACKAGE, unpacked.root / "usr/bin" / _PACKAGE)
    if not launcher.exists():
        raise ToolError(
            "No Redis was found, and none could be fetched. Install one (on Debian: "
            f"apt install {_PACKAGE}). What was tried: {unpacked.log}."
        )
    return launcher
