"""Node.js and the packages of `package.json`: found here, and fetched once for a checkout."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from tools.checkout import DATA_DIR
from tools.errors import ToolError
from tools.file_lock import FileLock

HERE = Path(__file__).resolve().parent
FILES = ("package.json", "package-lock.json")
NODE_MIN = 20

# Some ten megabytes on a slow line.
FETCH_SECONDS = 300
RUN_SECONDS = 120


class Node:
    """Runs programs of the packages. To be had from `node_with_packages`."""

    def __init__(self, node: str, directory: Path) -> None:
        self._node = node
        self._directory = directory

    @property
    def program(self) -> str:
        """The program itself, for what runs longer."""
        return self._node

    @property
    def packages(self) -> Path:
        """Where the packages are: what NODE_PATH says to programs that `require` them."""
        return self._directory / "node_modules"

    def run(self, script: str | Path, *arguments: str | Path, cwd: Path | None = None) -> str:
        """What a script prints; raises `ToolError`, with what it said, if it fails.

        `script`: below `node_modules`, or a whole path.
        """
        path = self.packages / script
        done = _run([self._node, str(path), *map(str, arguments)], RUN_SECONDS, cwd)
        if done.returncode != 0:
            raise ToolError(f"{script} failed: {done.stdout[-3_000:]}")
        return done.stdout

    def link(self, place: Path) -> None:
        """Makes the packages known to programs that are run in a directory."""
        (place / "node_modules").symlink_to(self.packages)


def node_with_packages(directory: Path = DATA_DIR / "clients", listed: Path = HERE) -> Node:
    """Node.js with the packages of the lock file, which are fetched where they are not there.

    `listed`: where `package.json` and its lock file are.

    Raises `ToolError`, which says what to install, if there is no Node.js, or no package comes.
    """
    node, npm = _program("node"), _program("npm")
    version = _run([node, "--version"], RUN_SECONDS).stdout.strip()
    if not version.startswith("v") or int(version[1:].partition(".")[0]) < NODE_MIN:
        raise ToolError(f"Node.js {NODE_MIN} or newer is needed; {node} is {version}.")
    directory.mkdir(parents=True, exist_ok=True)
    with closing(FileLock(directory / "lock")) as lock:
        lock.wait()  # tests of two parts may come at once
        _fetch(npm, directory, listed)
    return Node(node, directory)


def _program(name: str) -> str:
    if (path := shutil.which(name)) is None:
        raise ToolError(
            f"{name} is not here: this takes Node.js {NODE_MIN} or newer "
            "and npm (on Debian and Ubuntu: apt install nodejs npm)."
        )
    return path


def _fetch(npm: str, directory: Path, listed: Path) -> None:
    stamp = sha256(b"".join((listed / name).read_bytes() for name in FILES)).hexdigest()
    done = directory / "fetched"
    if done.exists() and done.read_text() == stamp:
        return
    for name in FILES:
        shutil.copy(listed / name, directory)
    said = _run(
        [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], FETCH_SECONDS, directory
    )
    if said.returncode != 0:
        raise ToolError(f"npm could not fetch {directory / FILES[0]}: {said.stdout[-3_000:]}")
    done.write_text(stamp)


def _run(
    command: Sequence[str], seconds: float, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603
            command,
            cwd=cwd,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{command[0]} did not do its work: {error}") from None
