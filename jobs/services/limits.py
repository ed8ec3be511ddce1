"""Limits: which ones a new job is under, and the rows that staff set and code declares."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from jobs.core.actor import CODE, Actor
from jobs.core.limit import (
    LimitRule,
    key_limit_name,
    queue_limit_name,
    type_limit_name,
    type_of_limit,
)
from jobs.handlers.registry import JobType, job_types
from jobs.models import Limit
from jobs.services.events import event_record
from jobs.services.limit_book import limit_book
from jobs.services.limit_check import limit_check
from jobs.services.project_code import derived_text
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts


def limits_of(job_type: JobType, queue: str, payload: dict[str, Any]) -> list[str]:
    """The names of the limits that a new job is under; mostly none. Raises PayloadInvalid."""
    is_bound_by_code = job_type.limit is not None or job_type.concurrency_key is not None
    if not (is_bound_by_code or limit_book.any_limit):
        return []
    names = []
    if limit_book.has(name := queue_limit_name(queue)):
        names.append(name)
    if job_type.concurrency_key is not None:
        key = derived_text(job_type, job_type.concurrency_key, payload)
        if key is not None:
            names.append(key_limit_name(job_type.name, key))
    elif job_type.limit is not None or limit_book.has(type_limit_name(job_type.name)):
        names.append(type_limit_name(job_type.name))
    return names


@repeats_conflicts
def limit_set(
    *, name: str, rule: LimitRule, is_fair: bool = False, actor: Actor = CODE, reason: str = ""
) -> Limit:
    """Sets a limit in place of what code declares; it is known everywhere within a second.

    Jobs of its queue or type that are queued already come under it; those that run count. A rate
    where there was none begins with a full bucket; one that is changed keeps its tokens.
    `actor`: who sets it, and `reason`: why; the event has both. Raises as `limit_check` does.
    """
    name = stored_name(name)
    limit_check(name, rule, is_fair=is_fair)
    with short_transaction():
        former = Limit.objects.filter(name=name).first()
        bucket = _full_bucket(rule) if former is None or former.rate_tokens is None else {}
        limit, _ = Limit.objects.update_or_create(
            name=name,
            defaults={
                **_columns(rule),
                **bucket,
                "is_fair": is_fair,
                "is_override": True,
                "is_adopted": False,
                "set_at": Now(),
                "look_at": Now(),
            },
        )
        _record_event("limit.set", name, actor, reason, _shown(former), _shown(limit))
    limit_book.forget()
    return limit


@repeats_conflicts
def limit_remove(*, name: str, actor: Actor = CODE, reason: str = "") -> bool:
    """Removes a limit that staff have set; returns whether there was one.

    What code declares holds again; else what it held is admitted. `actor`: who removes it, and
    `reason`: why.
    """
    name = stored_name(name)
    declared = declared_rule(name)
    rows = Limit.objects.filter(name=name, is_override=True)
    with short_transaction():
        before = _shown(rows.first())
        if declared is None:
            removed = rows.delete()[0] > 0
        else:
            rows.filter(rate_tokens=None).update(**_full_bucket(declared), refilled_at=Now())
            removed = bool(
                rows.update(**_columns(declared), is_override=False, set_at=Now(), look_at=Now())
            )
        if removed:
            _record_event("limit.removed", name, actor, reason, before, {})
    limit_book.forget()
    return removed


def limits_declare() -> None:
    """Brings the rows of limits up to what the code of this release declares."""
    for job_type in job_types.as_mapping().values():
        if job_type.limit is not None:
            of_type = Q(name=type_limit_name(job_type.name)) | Q(
                name__startswith=key_limit_name(job_type.name, "")
            )
            columns = _columns(job_type.limit)
            rows = Limit.objects.filter(of_type, is_override=False).exclude(**_equal(columns))
            rows.filter(rate_tokens=None).update(**_full_bucket(job_type.limit), refilled_at=Now())
            rows.update(**columns, set_at=Now(), look_at=Now())


def limits_make_declared(names: Iterable[str]) -> list[str]:
    """Makes the rows of limits that code declares and that are missing; returns their names."""
    rules = {name: rule for name in names if (rule := declared_rule(name)) is not None}
    Limit.objects.bulk_create(
        [
            Limit(
                name=name,
                **_columns(rule),
                **_full_bucket(rule),
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


def limit_of_rule(name: str, rule: LimitRule) -> Limit:
    """A limit that code declares, as its row would be."""
    return Limit(name=name, **_columns(rule))


def stored_name(name: str) -> str:
    """The name under which a limit is stored: that of a long key is hashed."""
    kind, _, rest = name.partition(":")
    job_type, _, key = rest.partition(":")
    return key_limit_name(job_type, key) if kind == "key" and key else name


def _shown(limit: Limit | None) -> dict[str, Any]:
    """A limit as its events show it."""
    if limit is None:
        return {}
    rate = limit.rule.rate
    return {
        "max_concurrency": limit.max_concurrency,
        "rate": rate and rate.as_text,
        "burst": limit.burst,
        "is_fair": limit.is_fair,
    }


def _record_event(
    action: str,
    name: str,
    actor: Actor,
    reason: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    event_record(
        action=action,
        subject_type="limit",
        subject_id=name,
        actor=actor,
        reason=reason,
        before=before,
        after=after,
    )


def _columns(rule: LimitRule) -> dict[str, Any]:
    rate = rule.rate
    return {
        "max_concurrency": rule.max_concurrency,
        "rate_tokens": rate and rate.tokens,
        "rate_seconds": rate and rate.seconds,
        "burst": rate and rate.burst,
    }


def _full_bucket(rule: LimitRule) -> dict[str, Any]:
    """A new bucket lets its burst go at once: nothing has gone before it."""
    return {"tokens": float(rule.rate.burst) if rule.rate else 0.0}


def _equal(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{name}__isnull" if value is None else name: True if value is None else value
        for name, value in columns.items()
    }
