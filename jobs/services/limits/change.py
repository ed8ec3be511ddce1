"""Staff set limits and remove them."""

from typing import Any

from django.db.models.functions import Now

from jobs.core.actor import CODE, Actor
from jobs.core.limit import LimitRule
from jobs.models import Limit
from jobs.services.events import event_record
from jobs.services.limits.book import limit_book
from jobs.services.limits.check import limit_check
from jobs.services.limits.declared import declared_rule
from jobs.services.limits.names import stored_name
from jobs.services.limits.rows import columns_of, full_bucket
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts


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
        bucket = full_bucket(rule) if former is None or former.rate_tokens is None else {}
        limit, _ = Limit.objects.update_or_create(
            name=name,
            defaults={
                **columns_of(rule),
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
            rows.filter(rate_tokens=None).update(**full_bucket(declared), refilled_at=Now())
            removed = bool(
                rows.update(**columns_of(declared), is_override=False, set_at=Now(), look_at=Now())
            )
        if removed:
            _record_event("limit.removed", name, actor, reason, before, {})
    limit_book.forget()
    return removed


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
