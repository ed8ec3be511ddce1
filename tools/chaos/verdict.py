"""The verdict over one fault: what was found, how quickly it was over, what was broken."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tools.chaos.judge import Findings


@dataclass
class Verdict:
    """`missed`: why the fault proves nothing. `timelines`: what is known about offending jobs.

    `companions`: the figures of each companion, by its name.
    """

    fault: str
    what: str
    findings: Findings
    recovered_seconds: float = 0.0
    allowed_seconds: float = 0.0
    verified: bool = False
    missed: str = ""
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    timelines: Sequence[str] = ()
    companions: dict[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether the fault happened and every promise was kept."""
        return not (self.broken or self.missed)

    def as_json(self) -> dict[str, Any]:
        """All of it, for other programs."""
        return {**asdict(self), "kept": self.kept}
