"""The deploy, forth and back, under load; then what became of every job."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tools.benchmark.against.version import files_of_checkout, files_of_commit
from tools.chaos.client import Client, Receipt
from tools.chaos.effects import appended
from tools.chaos.gate import Rate
from tools.chaos.judge import Evidence, Findings, judge
from tools.chaos.load import Load
from tools.chaos.options import Options as WorldOptions
from tools.chaos.pause import pause
from tools.chaos.plan import Planned, planned
from tools.chaos.processes import Api, Crew
from tools.chaos.world import World
from tools.errors import ToolError
from tools.ports import free_port
from tools.rolling.options import Options
from tools.rolling.version import Version
from tools.servers.haproxy import HAProxy

FRONT = Path(__file__).resolve().parent / "front.cfg"
CLIENT = "rolling"
WORK_SECONDS = 0.2
CLIENTS = 8
_FINAL_SECONDS = 60.0


@dataclass
class Outcome:
    """`steps`: what was done, and its seconds; `broken`: promises that were not kept."""

    findings: Findings
    calls: dict[int, int]
    steps: list[tuple[str, float]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Deploy:
    """Both versions on the same servers, in a directory of their own."""

    def __init__(self, directory: Path, options: Options, old: Path, new: Path) -> None:
        self._options = options
        self._new_files = new
        world = WorldOptions(
            jobs=0, workers=options.workers, minutes=0, seed=1, faults=(), short=True
        )
        self._world = World(directory, world, old)
        self._world.mail.seconds = WORK_SECONDS
        new_port = free_port()
        addresses = {"OLD": self._world.api.port, "NEW": new_port}
        self.front = HAProxy(
            directory / "haproxy",
            FRONT,
            {name: f"127.0.0.1:{port}" for name, port in addresses.items()},
        )
        environment = self._world.environment
        log_dir = self._world.log_dir
        self.old = Version("old", self._world.api, self._world.crew, self.front)
        self.new = Version(
            "new",
            Api(new_port, log_dir, environment, new, "new-api"),
            Crew(options.workers, log_dir, environment, new, "new-worker"),
            self.front,
        )
        self._steps: list[tuple[str, float]] = []

    def run(self) -> Outcome:
        """Deploys, goes back, and judges; raises `ToolError` where a step fails."""
        self._step("old version starts", self._start)
        client = Client(self.front.port)
        client.sign_up(CLIENT)
        load = Load(client, planned(CLIENT, WORK_SECONDS), Rate(self._options.rate), _call, CLIENTS)
        load.start()
        try:
            for name, step in self._deploy():
                self._step(name, step)
                load_failed(load)
        finally:
            load.stop()
        self._step("the last jobs end", lambda: self._wait_until_final(load))
        return self._judge(load)

    def end(self) -> None:
        """Ends every process."""
        self.new.end()
        self.front.stop()
        self._world.end()

    def _deploy(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "old version alone", self._stay
        yield "new migrations, old version at work", self._migrate
        yield "old version alone, new tables", self._stay
        yield "new version starts beside it", self.new.join
        yield "both versions", self._stay
        yield "old version drained and stopped", self.old.leave
        yield "new version alone", self._stay
        yield "back: old version starts beside it", self.old.join
        yield "both versions", self._stay
        yield "new version drained and stopped", self.new.leave
        yield "old version alone, new tables", self._stay

    def _start(self) -> None:
        self._world.start()
        self.front.start()
        self.old.serve()

    def _migrate(self) -> None:
        if self._world.manage("migrate", "--verbosity", "1", files=self._new_files) != 0:
            raise ToolError(f"The new migrations failed; see {self._world.log_dir}/migrate.log.")

    def _stay(self) -> None:
        pause(self._options.seconds)

    def _step(self, name: str, step: Callable[[], None]) -> None:
        started = time.monotonic()
        step()
        self._steps.append((name, time.monotonic() - started))

    def _wait_until_final(self, load: Load) -> None:
        deadline = time.monotonic() + _FINAL_SECONDS
        rows, client_id = self._world.job_rows, self._client_id()
        while rows.progress(client_id).final < len(load.accepted) and time.monotonic() < deadline:
            pause(0.1)

    def _judge(self, load: Load) -> Outcome:
        world = self._world
        effects = [
            *world.mail.effects(),
            *appended(world.effects_file),
            *world.job_rows.inserted(),
        ]
        rows = world.job_rows.jobs(self._client_id())
        findings = judge(Evidence(load.planned, load.accepted, rows, effects, ()))
        broken = list(findings.broken)
        if findings.repeated:
            broken.append(f"{len(findings.repeated)} effects were repeated")
        if findings.parked:
            broken.append(f"{len(findings.parked)} jobs wait for a person")
        if retried := [row.id for row in rows if row.attempt > 1]:
            broken.append(f"{len(retried)} jobs took more than one attempt, such as {retried[0]}")
        failed = {
            status: n for status, n in load.client.statuses.items() if not 200 <= status < 300
        }
        if failed or load.unanswered:
            broken.append(f"calls failed, by status (0: no answer): {failed}")
        if world.manage("verify_jobs", files=self._new_files) != 0:
            broken.append(f"verify_jobs; see {world.log_dir}/verify_jobs.log")
        return Outcome(findings, dict(load.client.statuses), self._steps, broken)

    def _client_id(self) -> int:
        return self._world.job_rows.client_id(CLIENT)


def load_failed(load: Load) -> None:
    """Raises `ToolError` where no client submits any more."""
    if load.is_over:
        raise ToolError("The clients ended early.")


def deploy(directory: Path, options: Options, old: str) -> Outcome:
    """A deploy of this checkout over that revision; raises `ToolError` where a step fails."""
    with ExitStack() as stack:
        files = stack.enter_context(files_of_commit(old))
        one = Deploy(directory, options, files, stack.enter_context(files_of_checkout()))
        stack.callback(one.end)
        return one.run()


def _call(client: Client, job: Planned) -> list[Receipt]:
    """A client submits a job, looks at it, waits for it, and looks at the newest of its jobs."""
    receipt = client.submit(job.body)
    for path in (f"/jobs/{receipt.job_id}", f"/jobs/{receipt.job_id}?wait=1", "/jobs?limit=5"):
        client.call("GET", path)
    return [receipt]
