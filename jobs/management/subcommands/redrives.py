"""`manage.py jobs redrives`: many dead letters are replayed at a rate."""

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from jobs.api.redrives.representations import redrive_facts
from jobs.core.errors import UnknownJobType, UnknownQueue
from jobs.core.redrive_errors import NothingSelected, RedriveEnded
from jobs.management.actor import actor_at_shell, add_actor_options
from jobs.management.option_types import whole_number
from jobs.management.output import Output
from jobs.management.redrive_options import add_start_options, selection_in
from jobs.management.subcommands.subcommand import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_USAGE,
    Options,
    Subcommand,
)
from jobs.models import Redrive
from jobs.services.redrives import (
    redrive_cancel,
    redrive_pause,
    redrive_resume,
    redrive_start,
)
from jobs.services.time_limit import StatementTooSlow

LIST, SHOW, START, PAUSE, RESUME, CANCEL = "list", "show", "start", "pause", "resume", "cancel"
LIMIT_MAX, LIMIT_DEFAULT = 10_000, 20
HEADINGS = ("ID", "STATE", "DONE", "TOTAL", "SUCCEEDED", "FAILED", "RATE", "BY", "CREATED (UTC)")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    choices = parser.add_subparsers(dest="decision", metavar="DECISION")
    listing = choices.add_parser(LIST, help="the newest, which is done if nothing is said")
    listing.add_argument("--limit", type=whole_number(1, LIMIT_MAX), default=LIMIT_DEFAULT)
    _add_id(choices.add_parser(SHOW, help="one, with what has become of its jobs"))
    add_start_options(choices.add_parser(START, help="starts one; workers do it"))
    for name, does in (
        (PAUSE, "nothing more is replayed until it is resumed"),
        (RESUME, "goes on from where it was paused or stopped"),
        (CANCEL, "ends it; what is left goes on waiting for a person"),
    ):
        deciding = choices.add_parser(name, help=does)
        _add_id(deciding)
        add_actor_options(deciding)


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", type=UUID, help="id of the redrive")


def _run(options: Options, output: Output) -> int:
    run = {
        SHOW: _show,
        START: _start,
        PAUSE: lambda *given: _decide(redrive_pause, *given),
        RESUME: lambda *given: _decide(redrive_resume, *given),
        CANCEL: lambda *given: _decide(redrive_cancel, *given),
    }.get(options["decision"], _list)
    try:
        return run(options, output)
    except (NothingSelected, RedriveEnded, StatementTooSlow) as error:
        output.error(f"{error}.")
        return EXIT_FAILED
    except (UnknownJobType, UnknownQueue) as error:
        output.error(f"{error}.")
        return EXIT_USAGE
    except Redrive.DoesNotExist:
        output.error("no such redrive.")
        return EXIT_FAILED


def _list(options: Options, output: Output) -> int:
    redrives = Redrive.objects.order_by("-id")[: options.get("limit") or LIMIT_DEFAULT]
    if output.as_json:
        output.document([redrive_facts(one) for one in redrives])
    else:
        output.table(HEADINGS, [_row(one) for one in redrives])
    return EXIT_DONE


def _show(options: Options, output: Output) -> int:
    _print(Redrive.objects.get(id=options["id"]), output)
    return EXIT_DONE


def _start(options: Options, output: Output) -> int:
    selection = selection_in(options)
    if selection.is_all != options["all"]:
        output.error(
            "say which dead letters: --fingerprint, --ids or other conditions; or --all alone."
        )
        return EXIT_USAGE
    redrive = redrive_start(
        selection=selection,
        changes=dict(options["changes"]) or None,
        rate=options["rate"],
        stop_at_percent=options["stop_at_percent"] or None,
        actor=actor_at_shell(options),
        reason=options["reason"],
    )
    _print(redrive, output)
    return EXIT_DONE


def _decide(service: Callable[..., Redrive], options: Options, output: Output) -> int:
    redrive = service(
        redrive_id=options["id"], actor=actor_at_shell(options), reason=options["reason"]
    )
    _print(redrive, output)
    return EXIT_DONE


def _print(redrive: Redrive, output: Output) -> None:
    facts: Mapping[str, Any] = redrive_facts(redrive)
    if output.as_json:
        output.document(facts)
        return
    output.table(
        ("FACT", "VALUE"), [(name.replace("_", " "), _text(value)) for name, value in facts.items()]
    )


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _row(one: Redrive) -> tuple[object, ...]:
    created = f"{one.created_at:%Y-%m-%d %H:%M:%S}"
    counts = (one.done, one.total, one.succeeded, one.failed)
    return (one.id, one.state, *counts, f"{one.rate:g}/s", one.created_by_name, created)


REDRIVES = Subcommand(
    "redrives",
    "Redrives: many dead letters replayed at a rate; starts, pauses, resumes and cancels them.",
    _add_arguments,
    _run,
)
