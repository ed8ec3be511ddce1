"""`manage.py jobs schedules`: what is made again and again, and how it goes."""

import argparse

from jobs.api.schedules.representations import schedule_facts
from jobs.management.output import Output
from jobs.management.subcommands.subcommand import EXIT_DONE, Options, Subcommand
from jobs.models import Schedule
from jobs.services.schedules import schedule_outlook, schedule_state
from jobs.sql.statements import database_now

HEADINGS = ("SCHEDULE", "TYPE", "FIRES", "NEXT (UTC)", "LAST (UTC)", "STATE")
MOMENT = "%Y-%m-%d %H:%M:%S"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def _run(options: Options, output: Output) -> int:
    now, schedules = database_now(), Schedule.objects.select_related("created_by").order_by("name")
    if output.as_json:
        output.document([schedule_facts(one, now) for one in schedules])
        return EXIT_DONE
    orphaned = set(Schedule.objects.orphaned().values_list("pk", flat=True))
    rows = []
    for one in schedules:
        outlook = schedule_outlook(one, now)
        state = schedule_state(one, is_orphaned=one.pk in orphaned)
        rows.append(
            (
                one.name,
                one.type,
                outlook.description,
                None if one.next_fire_at is None else f"{one.next_fire_at:{MOMENT}}",
                None if one.last_fired_at is None else f"{one.last_fired_at:{MOMENT}}",
                f"{state}: {outlook.error}" if outlook.error else state,
            )
        )
    output.table(HEADINGS, rows)
    return EXIT_DONE


SCHEDULES = Subcommand(
    "schedules",
    "Each schedule: when it fires, when it did last, and what is wrong with it.",
    _add_arguments,
    _run,
)
