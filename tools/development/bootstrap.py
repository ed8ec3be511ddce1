"""Makes the virtual environment and installs the requirements, when needed. Run by bin/python.

Prints the path of its Python. Nothing is installed yet, so this imports the standard library alone.

The usual one is `.venv`. With DJANGO=6 it is another one, `.venv-django6-<Python>`, in which the
newest Django 6 takes the place of the long-term release.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ("requirements.txt", "requirements-tracing.txt", "requirements-dev.txt")
DJANGO_6 = "requirements-django6.txt"


def main() -> None:
    wanted = os.environ.get("DJANGO", "")
    if wanted not in ("", "5.2", "6"):
        sys.exit(f"DJANGO is {wanted!r}; set it to 5.2 or 6, or leave it out.")
    if wanted == "6" and sys.version_info < (3, 12):
        sys.exit(
            f"Django 6 needs Python 3.12 or newer, and this is {sys.version.split()[0]}; name "
            'another one, for example with PYTHON="$(bin/find-python 3.13)".'
        )
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # bin/start and bin/test may be started together
        print(_python(wanted == "6"))


def _python(django_6: bool) -> Path:
    """The Python of the environment, in which everything is installed now."""
    name = f".venv-django6-{sys.version_info[0]}.{sys.version_info[1]}" if django_6 else ".venv"
    directory = CHECKOUT / name
    python, stamp = directory / "bin" / "python", directory / ".installed"
    # One after the other: the last one has the last word on a version.
    files = [REQUIREMENTS[-1], *([DJANGO_6] if django_6 else [])]
    if not os.access(python, os.X_OK) or not _has_pip(directory):
        _say(f"Making {name} with Python {sys.version.split()[0]}")
        venv.create(directory, with_pip=True, symlinks=True, clear=True)
    if not stamp.exists() or stamp.read_text() != _fingerprint(files):
        for file in files:
            _install(python, file)
        stamp.write_text(_fingerprint(files))
    return python


def _has_pip(directory: Path) -> bool:
    """False after an interrupted first start."""
    return any(directory.glob("lib/python*/site-packages/pip/__main__.py"))


def _install(python: Path, file: str) -> None:
    _say(f"Installing {file} (on the first start that takes a minute)")
    command = [str(python), "-m", "pip", "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--requirement", file]
    if subprocess.run(command, cwd=CHECKOUT, stdout=sys.stderr).returncode != 0:  # noqa: S603
        sys.exit("The requirements could not be installed; pip says above why. Try again then.")


def _fingerprint(files: list[str]) -> str:
    texts = [(CHECKOUT / name).read_bytes() for name in {*REQUIREMENTS, *files}]
    return hashlib.sha256(b"\0".join(sorted(texts))).hexdigest()


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
