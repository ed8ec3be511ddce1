"""`manage.py jobs limits`: the limits there are; `limits set` and `limits remove` change one."""

import argparse

from jobs.api.limits.representations import limit_facts
from jobs.core.errors import UnknownJobType, UnknownQueue
from jobs.core.limit import LimitInvalid, limit_rule
from jobs.management.actor import actor_at_shell, add_actor_options
from jobs.management.option_types import whole_number
from jobs.management.output import Output
from jobs.management.subcommands.subcommand import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_USAGE,
    Options,
    Subcommand,
)
from jobs.services.limits.change import limit_remove, limit_set
from jobs.services.limits.in_use import LimitInUse, limit_in_use, limits_in_use

LIST, SET, REMOVE = "list", "set", "remove"
HEADINGS = ("LIMIT", "AT ONCE", "RATE", "BURST", "FAIR", "IN USE", "HELD", "SET BY")
# A table for people; a program pages through GET /limits.
SHOWN = 1_000
_ANY = whole_number(-(10**17), 10**17)  # what makes no sense, the rules of limits say


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    choices = parser.add_subparsers(dest="decision", metavar="DECISION")
    choices.add_parser(LIST, help="shows them, which is done if nothing is said")
    setting = choices.add_parser(SET, help="sets one; it is known everywhere within a second")
    _add_name(setting)
    setting.add_argument("--max-concurrency", type=_ANY, metavar="N", help="how many at once")
    setting.add_argument("--rate", help="how many in a time, such as 100/m, 5/10s or 1000/h")
    setting.add_argument("--burst", type=_ANY, metavar="N", help="how many at once after a pause")
    setting.add_argument("--fair", action="store_true", help="clients take turns in this queue")
    add_actor_options(setting)
    removing = choices.add_parser(REMOVE, help="removes one; what code declares holds again")
    _add_name(removing)
    add_actor_options(removing)


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="queue:reports, type:send_email or key:report:customer-7"
    )


def _run(options: Options, output: Output) -> int:
    decide = {SET: _set, REMOVE: _remove}.get(options["decision"], _list)
    try:
        return decide(options, output)
    except (UnknownQueue, UnknownJobType) as error:
        output.error(f"{error}.")
        return EXIT_FAILED
    except (LimitInvalid, ValueError) as error:
        output.error(f"{error}.")
        return EXIT_USAGE


def _list(options: Options, output: Output) -> int:
    limits = limits_in_use(limit=SHOWN)
    if output.as_json:
        output.document([limit_facts(one) for one in limits])
    else:
        output.table(HEADINGS, [_row(one) for one in limits])
    return EXIT_DONE


def _set(options: Options, output: Output) -> int:
    rule = limit_rule(options["max_concurrency"], options["rate"], options["burst"])
    limit = limit_set(
        name=options["name"],
        rule=rule,
        is_fair=options["fair"],
        actor=actor_at_shell(options),
        reason=options["reason"],
    )
    one = limit_in_use(name=limit.name)
    if output.as_json:
        output.document(limit_facts(one))
    else:
        output.table(HEADINGS, [_row(one)])
    return EXIT_DONE


def _remove(options: Options, output: Output) -> int:
    name = options["name"]
    if not limit_remove(name=name, actor=actor_at_shell(options), reason=options["reason"]):
        output.error(f"no limit {name!r} was set at run time.")
        return EXIT_FAILED
    if output.as_json:
        output.document({"name": name, "removed": True})
    else:
        output.line(f"the limit {name} is removed")
    return EXIT_DONE


def _row(one: LimitInUse) -> tuple[object, ...]:
    limit, rate = one.limit, one.limit.rule.rate
    return (
        limit.name,
        limit.max_concurrency,
        rate and rate.as_text,
        limit.burst,
        "yes" if limit.is_fair else None,
        one.slots_in_use,
        f"{one.held:,}{' or more' if one.is_capped else ''}",
        limit.set_by,
    )


LIMITS = Subcommand(
    "limits",
    "Each limit, and how much of it is in use; sets and removes limits.",
    _add_arguments,
    _run,
)
