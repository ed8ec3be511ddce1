"""Makes `.venv` and installs the requirements, when needed. Run by bin/python as a file.

Nothing is installed yet, so this imports the standard library alone.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")


def main() -> None:
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # bin/start and bin/test may be started together
        if not os.access(PYTHON, os.X_OK) or not _has_pip():
            _say(f"Making .venv with Python {sys.version.split()[0]}")
            venv.create(VENV, with_pip=True, symlinks=True, clear=True)
        if not STAMP.exists() or STAMP.read_text() != _fingerprint():
            _install()
            STAMP.write_text(_fingerprint())


def _has_pip() -> bool:
    """False after an interrupted first start."""
    return any(VENV.glob("lib/python*/site-packages/pip/__main__.py"))


def _install() -> None:
    _say("Installing requirements-dev.txt (on the first start that takes a minute)")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--requirement", "requirements-dev.txt"]
    if subprocess.run(command, cwd=CHECKOUT).returncode != 0:  # noqa: S603
        sys.exit("The requirements could not be installed; pip says above why. Try again then.")


def _fingerprint() -> str:
    texts = [(CHECKOUT / name).read_bytes() for name in REQUIREMENTS]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
