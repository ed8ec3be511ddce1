"""What bin/chaos says: a table for people, or one JSON document for programs."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.chaos.options import Options
from tools.chaos.times import HEARTBEAT_SECONDS, WORKER_TIMEOUT_SECONDS
from tools.chaos.verdict import Verdict
from tools.terminal import heading, problem, say, table

_HEADER = (
    *("fault", "", "jobs", "effects", "lost", "duplicated", "repeated", "parked", "recovered"),
    *("of", ""),
)


class Report:
    """Reports while the suite runs, and at the end."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def begin(self, directory: Path) -> None:
        """Says what will run, and under which conditions."""
        options = self._options
        self._tell(
            f"Heartbeat {HEARTBEAT_SECONDS:g} s, worker timeout {WORKER_TIMEOUT_SECONDS:g} s, "
            f"{options.workers} workers, {options.jobs} jobs for each fault, seed {options.seed}. "
            f"Data and logs: {directory}"
        )

    def fault(self, verdict: Verdict, took_seconds: float) -> None:
        """One fault is over."""
        self._tell(f"{_mark(verdict):6} {verdict.what} ({took_seconds:.0f} s)")
        for note in (*_reasons(verdict), *verdict.notes):
            self._tell(f"       {note}")

    def end(self, verdicts: Sequence[Verdict], directory: Path) -> None:
        """The table, and where to look."""
        if self._options.json:
            print(json.dumps(self._document(verdicts, directory), indent=2))
            return
        say()
        table(_HEADER, [_row(verdict) for verdict in verdicts])
        say(
            "repeated: effects of jobs that may be repeated, which is allowed. parked: the outcome "
            "is unknown, a person decides. recovered: until all jobs were final, of what is allowed"
        )
        for verdict in verdicts:
            _explain(verdict, directory)

    def _tell(self, text: str) -> None:
        if self._options.json:
            print(text, file=sys.stderr, flush=True)
        else:
            say(text)

    def _document(self, verdicts: Sequence[Verdict], directory: Path) -> dict[str, object]:
        options = self._options
        return {
            "kept": all(verdict.kept for verdict in verdicts),
            "jobs": options.jobs,
            "workers": options.workers,
            "seed": options.seed,
            "heartbeat_seconds": HEARTBEAT_SECONDS,
            "worker_timeout_seconds": WORKER_TIMEOUT_SECONDS,
            "directory": str(directory),
            "faults": [verdict.as_json() for verdict in verdicts],
        }


def _row(verdict: Verdict) -> tuple[object, ...]:
    findings = verdict.findings
    return (
        verdict.fault,
        verdict.what,
        findings.jobs,
        findings.effects,
        len(findings.lost),
        len(findings.duplicated),
        len(findings.repeated),
        len(findings.parked),
        f"{verdict.recovered_seconds:.1f} s",
        f"{verdict.allowed_seconds:.0f} s",
        _mark(verdict),
    )


def _mark(verdict: Verdict) -> str:
    if verdict.broken:
        return "BROKEN"
    return "MISSED" if verdict.missed else "ok"


def _reasons(verdict: Verdict) -> list[str]:
    """Why it is not ok."""
    missed = [f"The fault proves nothing: {verdict.missed}."] if verdict.missed else []
    return [*missed, *verdict.broken]


def _explain(verdict: Verdict, directory: Path) -> None:
    if verdict.kept:
        return
    say()
    heading(f"{verdict.fault}: {verdict.what}")
    for reason in _reasons(verdict):
        problem(reason)
    for line in verdict.timelines:
        say(f"  {line}")
    say(f"Logs: {directory}/log; mails: {directory}/mails.jsonl; effects: {directory}/effects")
