"""Limits that code declares, beside the rows of them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from jobs.core.limit import LimitRule, key_limit_name, type_limit_name, type_of_limit
from jobs.handlers.registry import job_types
from jobs.models import Limit
from jobs.services.limits.rows import columns_of, full_bucket


def limits_declare() -> None:
    """Brings the rows of limits up to what the code of this release declares."""
    for job_type in job_types.as_mapping().values():
        if job_type.limit is not None:
            of_type = Q(name=type_limit_name(job_type.name)) | Q(
                name__startswith=key_limit_name(job_type.name, "")
            )
            columns = columns_of(job_type.limit)
            rows = Limit.objects.filter(of_type, is_override=False).exclude(**_equal(columns))
            rows.filter(rate_tokens=None).update(**full_bucket(job_type.limit), refilled_at=Now())
            rows.update(**columns, set_at=Now(), look_at=Now())


def limits_make_declared(names: Iterable[str]) -> list[str]:
    """Makes the rows of limits that code declares and that are missing; returns their names."""
    rules = {name: rule for name in names if (rule := declared_rule(name)) is not None}
    Limit.objects.bulk_create(
        [
            Limit(
                name=name,
                **columns_of(rule),
                **full_bucket(rule),
                is_adopted=True,
            )
            for name, rule in sorted(rules.items())
        ],
        ignore_conflicts=True,
    )
    return sorted(rules)


def declared_rule(name: str) -> LimitRule | None:
    """What the code of this process declares for a limit of this name."""
    type_name = type_of_limit(name)
    job_type = job_types.find(type_name) if type_name else None
    if job_type is None or job_type.limit is None:
        return None
    is_of_key = name.startswith("key:")
    return job_type.limit if is_of_key == (job_type.concurrency_key is not None) else None


def _equal(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{name}__isnull" if value is None else name: True if value is None else value
        for name, value in columns.items()
    }
