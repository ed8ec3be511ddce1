"""A rule as it stands in a row."""

from typing import Any

from jobs.core.limit import LimitRule
from jobs.models import Limit


def limit_of_rule(name: str, rule: LimitRule) -> Limit:
    """A limit that code declares, as its row would be."""
    return Limit(name=name, **columns_of(rule))


def columns_of(rule: LimitRule) -> dict[str, Any]:
    """The columns that say what is allowed."""
    rate = rule.rate
    return {
        "max_concurrency": rule.max_concurrency,
        "rate_tokens": rate and rate.tokens,
        "rate_seconds": rate and rate.seconds,
        "burst": rate and rate.burst,
    }


def full_bucket(rule: LimitRule) -> dict[str, Any]:
    """A new bucket lets its burst go at once: nothing has gone before it."""
    return {"tokens": float(rule.rate.burst) if rule.rate else 0.0}
