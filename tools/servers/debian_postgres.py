"""Debian's PostgreSQL, which takes TLS and nothing else: the one of the wheel has none."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from tools.checkout import DATA_DIR
from tools.debian import Unpacked
from tools.errors import ToolError
from tools.servers.certificates import Certificates, Pair
from tools.servers.postgres import Postgres
from tools.servers.unprivileged import unprivileged_user

_PACKAGE = "postgresql"

# Who comes without TLS, or over another network, finds no line.
_ACCESS = "hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n"


class EncryptedPostgres(Postgres):
    """A PostgreSQL with a certificate."""

    _locale: ClassVar[Sequence[str]] = ("--locale=C.UTF-8",)  # its version may know no providers

    def __init__(self, home: Path, tls: Certificates, pair: Pair | None = None) -> None:
        """`pair`: its certificate, by default one for localhost and 127.0.0.1."""
        super().__init__(home)
        self.tls = tls
        self._pair = pair or tls.pair_for("localhost", "127.0.0.1")

    @property
    def url(self) -> str:
        authority = quote(str(self.tls.authority))
        return f"{super().url}?sslmode=verify-full&sslrootcert={authority}"

    def prepare(self) -> None:
        super().prepare()
        (self.data / "pg_hba.conf").write_text(_ACCESS)
        own = Pair(self.data / "server.crt", self.data / "server.key")
        for given, kept in zip(self._pair, own, strict=True):
            shutil.copyfile(given, kept)
            kept.chmod(0o600)
            if os.geteuid() == 0:
                user = unprivileged_user()
                os.chown(kept, user.pw_uid, user.pw_gid)

    def environment(self) -> dict[str, str]:
        libraries = ":".join(_unpacked_libraries())
        return super().environment() | ({"LD_LIBRARY_PATH": libraries} if libraries else {})

    def _options(self) -> dict[str, str]:
        files = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
        return super()._options() | {"ssl": "on", **files}

    def _program(self, name: str) -> str:
        return str(_programs() / name)


def _programs() -> Path:
    """The directory of the programs: of this machine, else fetched once; raises `ToolError`."""
    if found := [*_newest(Path("/"))]:
        return found[0]
    unpacked = _unpacked()
    if not [*_newest(unpacked.root)]:
        unpacked.fetch([_PACKAGE])
    if found := [*_newest(unpacked.root)]:
        return found[0]
    raise ToolError(
        "No PostgreSQL of Debian was found, and none could be fetched. Install it (apt install "
        f"{_PACKAGE}). What was tried: {unpacked.log}."
    )


def _newest(root: Path) -> Iterator[Path]:
    versions = (root / "usr/lib/postgresql").glob("[0-9]*/bin/postgres")
    for program in sorted(versions, key=lambda one: int(one.parts[-3]), reverse=True):
        yield program.parent


def _unpacked() -> Unpacked:
    return Unpacked(DATA_DIR / _PACKAGE)


def _unpacked_libraries() -> list[str]:
    return sorted({str(one.parent) for one in (_unpacked().root / "usr/lib").glob("*/lib*.so*")})
