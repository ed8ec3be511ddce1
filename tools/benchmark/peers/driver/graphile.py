"""graphile-worker: jobs in PostgreSQL, workers in Node.js, batched as its pages on speed say."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.benchmark.peers.driver.tables import Tables
from tools.errors import ToolError
from tools.parent_death import end_with_parent

# Of Node.js; the packages are where NODE_PATH says.
PROGRAM = "BENCHMARK_NODE"
SCRIPTS = Path(__file__).resolve().parents[1] / "graphile"
# As in the project's own measurements.
SLOTS = 24

# Rows are deleted when their jobs are done. The last one stays until nearly the end, and is found
# by the primary key: what was deleted is not read.
_LAST = "SELECT id FROM graphile_worker._private_jobs ORDER BY id DESC LIMIT 1"


class Graphile:
    """A process in Node.js enqueues, as an application would."""

    tables = ("graphile_worker._private_jobs",)
    ready = "ready"
    program = os.environ.get(PROGRAM, "node")

    def __init__(self) -> None:
        listed = json.loads((SCRIPTS.parent / "package.json").read_text())
        self.version = str(listed["dependencies"]["graphile-worker"])
        self._table = Tables(self.tables)
        self._client = subprocess.Popen(  # noqa: S603
            [self.program, str(SCRIPTS / "accept.cjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        )

    def prepare(self) -> None:
        self._ask(migrate=True)

    def worker(self, slots: int | None) -> Sequence[str]:
        return [str(SCRIPTS / "work.cjs"), str(slots or SLOTS)]

    def accept_each(self, kind: str, count: int) -> None:
        self._ask(kind=kind, count=count, each=True)

    def accept(self, kind: str, count: int) -> None:
        self._ask(kind=kind, count=count, each=False)

    def is_done(self) -> bool:
        return self._table.ask(_LAST) is None

    def forget(self) -> None:
        """There is nothing else."""

    def end(self) -> None:
        assert self._client.stdin is not None
        self._client.stdin.close()
        self._client.wait(30)
        self._table.close()

    def _ask(self, **question: Any) -> None:
        assert self._client.stdin is not None
        assert self._client.stdout is not None
        self._client.stdin.write(json.dumps(question) + "\n")
        self._client.stdin.flush()
        answer = json.loads(self._client.stdout.readline() or '{"error": "the client has ended"}')
        if "error" in answer:
            raise ToolError(f"graphile-worker: {answer['error']}")
