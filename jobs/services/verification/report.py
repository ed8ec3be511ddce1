"""Whether every promise holds in this database, and whether Redis is in step. Reads only."""

from dataclasses import dataclass
from typing import TypedDict

from jobs.services.verification.check import Check, CheckDocument
from jobs.services.verification.database import database_checks
from jobs.services.verification.redis import redis_checks
from jobs.services.verification.unserved import unserved_check


class ReportDocument(TypedDict):
    """A `Report` as JSON."""

    clean: bool
    checks: list[CheckDocument]


@dataclass(frozen=True, slots=True)
class Report:
    """What all checks have found."""

    checks: list[Check]

    @property
    def is_clean(self) -> bool:
        """Whether no check has found a violation."""
        return not any(check.violations for check in self.checks)

    def as_document(self) -> ReportDocument:
        """The report as JSON."""
        return {
            "clean": self.is_clean,
            "checks": [check.as_document() for check in self.checks],
        }


def jobs_verify() -> Report:
    """Checks the whole database, and Redis against it.

    It may run beside workers: a job that is between pop and claim is not taken for lost. Where
    something seems lost it waits for as long as workers may take to dispatch it again, 6 s by
    default. Raises BrokerUnavailable.
    """
    return Report([*database_checks(), unserved_check(), *redis_checks()])
