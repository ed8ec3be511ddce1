"""What a limit must not be asked to be."""

from jobs.core.errors import UnknownJobType
from jobs.core.limit import LimitInvalid, LimitRule, checked_concurrency
from jobs.handlers.registry import job_types
from jobs.services.queues import refuse_unknown_queue
from jobs.services.serving import serving_now


def limit_check(name: str, rule: LimitRule, *, is_fair: bool) -> None:
    """Raises for what `limit_set` would refuse.

    LimitInvalid, with what is wrong and an example, for a name or a rule that makes no sense;
    UnknownQueue and UnknownJobType for one that no process knows.
    """
    kind, _, rest = name.partition(":")
    if kind not in ("queue", "type", "key") or not rest or (kind == "key" and ":" not in rest):
        raise LimitInvalid(
            f"{name[:80]!r} is no limit; name a queue, type or key, for example 'queue:reports', "
            "'type:send_email' or 'key:report:customer-7'"
        )
    if is_fair and kind != "queue":
        raise LimitInvalid("only a queue can be fair")
    if rule == LimitRule() and not is_fair:
        raise LimitInvalid("a limit needs max_concurrency, a rate such as '100/m', or both")
    try:
        checked_concurrency(1 if rule.max_concurrency is None else rule.max_concurrency)
    except ValueError as error:
        raise LimitInvalid(str(error)) from None
    if kind == "queue":
        refuse_unknown_queue(rest)
    else:
        _refuse_type(kind, rest.partition(":")[0])


def _refuse_type(kind: str, name: str) -> None:
    """Refuses a limit under which no job would come. Types that only other workers know pass."""
    job_type = job_types.find(name)
    if job_type is None:
        if not serving_now().known_of([name]):
            raise UnknownJobType(name, job_types.names())
    elif kind == "type" and job_type.concurrency_key is not None:
        raise LimitInvalid(
            f"jobs of the type {name} are limited by key; name one, as in 'key:{name}:customer-7'"
        )
    elif kind == "key" and job_type.concurrency_key is None:
        raise LimitInvalid(
            f"jobs of the type {name} have no key: give it concurrency_key=, or limit 'type:{name}'"
        )
