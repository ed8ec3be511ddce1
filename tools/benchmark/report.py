"""Runs measures and says what they found: a table, or JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TextIO

from tools.benchmark.bench import Bench, Findings
from tools.benchmark.machine import machine
from tools.benchmark.measures import MEASURES
from tools.benchmark.progress import Progress
from tools.benchmark.sizes import Sizes
from tools.benchmark.table import table


def measured(names: Sequence[str], sizes: Sizes, stream: TextIO) -> dict[str, Findings]:
    """The findings of each measure; the bar goes to `stream`."""
    bench = Bench(sizes, Progress(len(names), stream))
    findings = {}
    for name in names:
        bench.progress.begin(name)
        findings[name] = MEASURES[name](bench)
        bench.progress.end()
    return findings


def as_text(found: dict[str, Findings], sizes: Sizes, on: dict[str, Any]) -> str:
    """For people."""
    figures = [figure for one in found.values() for figure in one.figures]
    missed = [figure.name for figure in figures if figure.misses]
    described = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in on.items())
    paragraphs = [
        f"{described}\n{sizes.jobs:,} jobs a drain, median of {sizes.repeat}",
        table(figures),
        *(_plans(one) for name, one in found.items() if name == "growth"),
        f"Misses its target: {', '.join(missed)}" if missed else "No target is missed.",
    ]
    return "\n\n".join(paragraphs)


def as_json(found: dict[str, Findings], sizes: Sizes, on: dict[str, Any]) -> str:
    """For machines."""
    measures = {
        name: {
            "figures": [figure.as_json() for figure in one.figures],
            "details": one.details,
        }
        for name, one in found.items()
    }
    return json.dumps({"machine": on, "sizes": asdict(sizes), "measures": measures}, indent=2)


def report(names: Sequence[str], sizes: Sizes, stream: TextIO, *, json_wanted: bool) -> str:
    """Measures, and words what was found."""
    on = machine()
    found = measured(names, sizes, stream)
    return (as_json if json_wanted else as_text)(found, sizes, on)


def _plans(findings: Findings) -> str:
    lines = [
        f"  {plan['verb']}: {', '.join(plan['scans'])}" + ("  <- SEQUENTIAL" * plan["sequential"])
        for plan in findings.details or ()
    ]
    return "\n".join(["How the hot statements find their rows in the tables so grown:", *lines])
