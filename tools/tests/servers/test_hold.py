"""Many processes, one server: started once, joined by the rest, stopped after the last."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.tests.waiting import wait_until
from tools.checkout import CHECKOUT
from tools.errors import ToolError
from tools.servers.hold import Hold, hold_servers
from tools.tests.processes import processes_in

USER = """
import pathlib, sys
from tools.servers.hold import hold_servers
print(hold_servers(["REDIS_URL"], pathlib.Path(sys.argv[1]))["REDIS_URL"].url, flush=True)
sys.stdin.readline()
"""


class User:
    """Another process that uses the server until it is told to end, or killed."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", USER, directory],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def leave(self) -> None:
        self._process.communicate("\n", timeout=30)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=30)


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Callable[[], User]]:
    users: list[User] = []

    def join() -> User:
        users.append(User(tmp_path))
        return users[-1]

    yield join
    for one in users:
        one.kill()
    wait_until(lambda: not processes_in(tmp_path), message="a server was left behind")


def keeper_of(home: Path) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        command = (process / "cmdline").read_bytes().split(b"\0")
        if b"tools.servers.keeper" in command and str(home).encode() in command:
            return int(process.name)
    raise AssertionError("no keeper")


def test_all_who_come_at_once_share_one(user: Callable[[], User], tmp_path: Path) -> None:
    users = [user() for _ in range(5)]
    with ThreadPoolExecutor(5) as threads:
        urls = set(threads.map(User.url, users))
    assert len(urls) == 1
    assert urls != {""}
    assert sum("valkey-server" in command for command in processes_in(tmp_path)) == 1


def test_it_ends_with_its_last_user(user: Callable[[], User], valkey: Hold) -> None:
    other = user()
    assert other.url() == valkey.url
    assert not valkey.leave(), "it stopped although another process uses it"
    assert not valkey.ended()
    other.leave()
    wait_until(valkey.ended)


def test_the_first_may_leave_first(user: Callable[[], User], tmp_path: Path) -> None:
    first = user()
    url = first.url()
    hold = hold_servers(["REDIS_URL"], tmp_path)["REDIS_URL"]
    assert hold.url == url
    first.leave()
    assert not hold.ended()
    assert hold.leave()


def test_a_killed_user_counts_as_gone(user: Callable[[], User], tmp_path: Path) -> None:
    one = user()
    assert one.url()
    one.kill()
    wait_until(lambda: not processes_in(tmp_path))


def test_who_comes_while_it_stops_gets_a_new_one(valkey: Hold, tmp_path: Path) -> None:
    for _ in range(5):
        leaving, keeper = valkey, valkey._keeper
        leaving._users.close()  # leaves without waiting
        valkey = hold_servers(["REDIS_URL"], tmp_path)["REDIS_URL"]
        assert not valkey.ended()
        if valkey._keeper is None:
            valkey._keeper = keeper  # it came in time
        elif keeper is not None:
            keeper.wait(timeout=30)
    assert valkey.leave()


def test_a_killed_keeper_takes_the_server_with_it(valkey: Hold, tmp_path: Path) -> None:
    keeper = keeper_of(valkey.home)
    assert valkey._keeper is not None
    assert valkey._keeper.pid == keeper
    valkey._keeper.send_signal(signal.SIGKILL)
    wait_until(valkey.ended)
    again = hold_servers(["REDIS_URL"], tmp_path)["REDIS_URL"]
    assert not again.ended()
    valkey._users.close()
    valkey._keeper.wait()
    assert again.leave()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    home = tmp_path / "valkey" / "data" / "appendonlydir"
    home.mkdir(parents=True)
    (home / "appendonly.aof.manifest").write_text("not a manifest")
    for _ in range(2):
        with pytest.raises(ToolError, match=r"(?s)Valkey ended while starting.*manifest"):
            hold_servers(["REDIS_URL"], tmp_path)
    wait_until(lambda: not processes_in(tmp_path))
