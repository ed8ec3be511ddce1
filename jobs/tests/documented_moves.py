"""The moves of a job from state to state: those that `docs/states.md` lists, and no others."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from jobs.core.states import JobState

DOCUMENT = Path(__file__).parents[2] / "docs" / "states.md"
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \|", re.MULTILINE)
ARROW = re.compile(r"^ +(\w+) --> (\w+):", re.MULTILINE)

Moves = set[tuple[JobState, JobState]]

FUNCTION = """
CREATE FUNCTION refuse_undocumented_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || ' ' || NEW.state <> ALL ('{moves}'::text[]) THEN
        RAISE EXCEPTION 'job % moves from % to %', OLD.id, OLD.state, NEW.state;
    END IF;
    RETURN NEW;
END
$$
"""
TRIGGER = """
CREATE TRIGGER refuse_undocumented_move BEFORE UPDATE ON jobs_job
FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_undocumented_move()
"""
DROP = "DROP FUNCTION refuse_undocumented_move CASCADE"


def moves_listed() -> Moves:
    """The moves in the table, but for those that leave the state as it is."""
    return _moves(ROW)


def moves_drawn() -> Moves:
    """The same of the diagram."""
    return _moves(ARROW)


@contextmanager
def only_documented_moves() -> Iterator[None]:
    """Meanwhile PostgreSQL refuses every other change of a job's state."""
    moves = ",".join(f'"{before} {after}"' for before, after in sorted(moves_listed()))
    _execute(FUNCTION.format(moves=f"{{{moves}}}"))
    _execute(TRIGGER)
    try:
        yield
    finally:
        _execute(DROP)


def _moves(pattern: re.Pattern[str]) -> Moves:
    pairs = pattern.findall(DOCUMENT.read_text())
    return {(JobState(before), JobState(after)) for before, after in pairs if before != after}


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
