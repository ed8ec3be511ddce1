"""Whether every promise holds in this database, and whether Redis is in step. Reads only."""

from dataclasses import asdict, dataclass
from typing import Any

from jobs.services.verification.check import Check
from jobs.services.verification.database import database_checks
from jobs.services.verification.redis import redis_checks


@dataclass(frozen=True, slots=True)
class Report:
    """What all checks have found."""

    checks: list[Check]

    @property
    def is_clean(self) -> bool:
        return not any(check.violations for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"clean": self.is_clean, "checks": [asdict(check) for check in self.checks]}


def jobs_verify() -> Report:
    """Checks the whole database, and Redis against it; raises BrokerUnavailable.

    May run beside workers: what is on its way is not taken for lost.
    """
    return Report([*database_checks(), *redis_checks()])
