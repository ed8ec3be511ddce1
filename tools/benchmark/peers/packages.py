"""What peers need: packages in an environment of their own, fetched once for a checkout."""

import os
import subprocess
import sys
import venv
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path

from tools.checkout import DATA_DIR
from tools.clients.node import Node, node_with_packages
from tools.errors import ToolError
from tools.file_lock import FileLock

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
HOME = DATA_DIR / "peers"

# Some fifteen megabytes on a slow line.
INSTALL_SECONDS = 600


@cache
def python_with_packages(directory: Path = HOME / "python") -> str:
    """A Python that has the packages of `requirements.txt`; its environment is made if need be.

    Raises `ToolError`, with what the installer said, if they cannot be had.
    """
    directory.mkdir(parents=True, exist_ok=True)
    python = directory / "venv" / "bin" / "python"
    done = directory / "installed"
    stamp = sha256(f"{sys.version}\n{REQUIREMENTS.read_text()}".encode()).hexdigest()
    with closing(FileLock(directory / "lock")) as lock:
        lock.wait()
        if not (done.exists() and done.read_text() == stamp):
            try:
                venv.create(directory / "venv", clear=True, with_pip=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise ToolError(f"no virtual environment could be made: {error}") from None
            _install(python)
            done.write_text(stamp)
    return str(python)


@cache
def node_with_peers(directory: Path = HOME / "node") -> Node:
    """Node.js with the packages of `package-lock.json`; raises `ToolError` without them."""
    return node_with_packages(directory, listed=HERE)


def _install(python: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "-r", str(REQUIREMENTS)]
    try:
        said = subprocess.run(  # noqa: S603
            command,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"the packages could not be installed: {error}") from None
    if said.returncode != 0:
        raise ToolError(f"the packages could not be installed: {said.stdout.strip()[-500:]}")
