"""What an operation of Django's migrations does to the released version.

What only changes the models in Python (options, managers, choices, the state part of
`SeparateDatabaseAndState`) does nothing to it.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.contrib.postgres import operations as postgresql
from django.db import models
from django.db.migrations import operations as django
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from jobs.management.upgrades.fields import added_field, altered_field
from jobs.management.upgrades.finding import Finding, Lock, Said
from jobs.management.upgrades.problems import (
    CODE,
    CONSTRAINT_BUILDS_INDEX,
    CONSTRAINT_READS_TABLE,
    DROPPED,
    INDEX_CLOSES,
    INDEX_DROPPED,
    REFUSES_ROWS,
    RENAMED,
    TABLE_DROPPED,
    UNIQUE_DROPPED,
    UNKNOWN,
)
from jobs.management.upgrades.sql_rules import indexes_made, said_of_statement
from jobs.management.upgrades.statements import statements_in
from jobs.management.upgrades.tables import Tables, column_of, model_of, referred_table, table_of


class Moment(NamedTuple):
    """An operation in its place. `new_indexes`: those that were made since the release."""

    app_label: str
    before: ProjectState
    after: ProjectState
    released: Tables
    new_indexes: set[str]

    def table(self, model_name: str) -> str:
        """The table of a model before the operation."""
        return table_of(model_of(self.before, self.app_label, model_name))


Rule = Callable[[Any, Moment], Iterator[Said]]


def said_of(operation: Operation, moment: Moment) -> Iterator[Said]:
    """What is to be said about it."""
    for kinds, rule in _RULES:
        if isinstance(operation, kinds):
            yield from rule(operation, moment)
            return
    yield Finding(type(operation).__name__, UNKNOWN)


def _nothing(operation: Operation, moment: Moment) -> Iterator[Said]:
    return iter(())


def _run_sql(operation: Any, moment: Moment) -> Iterator[Said]:
    statements, present = statements_in(operation.sql), Tables(moment.before)
    # What a build that was broken off has left may be dropped first.
    moment.new_indexes.update(indexes_made(statements))
    for statement in statements:
        yield from said_of_statement(statement, moment.released, present, moment.new_indexes)


def _run_python(operation: Any, moment: Moment) -> Iterator[Said]:
    yield Finding(getattr(operation.code, "__name__", "RunPython"), CODE)


def _create_model(operation: Any, moment: Moment) -> Iterator[Said]:
    """A new table is nobody's yet; the tables that it refers to are locked for a moment."""
    for _, field in operation.fields:
        referred = referred_table(moment.after, moment.app_label, field)
        if referred and moment.released.has(referred):
            yield Lock(referred, lets_read=True)


def _delete_model(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.name)
    if moment.released.has(table):
        yield Lock(table)
        yield Finding(table, TABLE_DROPPED, breaks=True)


def _rename_model(operation: Any, moment: Moment) -> Iterator[Said]:
    name = getattr(operation, "old_name", None) or operation.name
    new_name = getattr(operation, "new_name", None) or operation.name
    table = moment.table(name)
    if table_of(model_of(moment.after, moment.app_label, new_name)) == table:
        return
    if moment.released.has(table):
        yield Lock(table)
        yield Finding(table, RENAMED, breaks=True)


def _remove_field(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.model_name)
    field = model_of(moment.before, moment.app_label, operation.model_name).fields[operation.name]
    if not moment.released.has(table):
        return
    if isinstance(field, models.ManyToManyField):
        if field.remote_field.through is None:  # else it has a model of its own
            relation = getattr(field, "db_table", None) or f"{table}_{operation.name}"
            yield Finding(relation, TABLE_DROPPED, breaks=True)
    else:
        yield Lock(table)
        column = column_of(operation.name, field)
        if moment.released.has_column(table, column):
            yield Finding(f"{table}.{column}", DROPPED, breaks=True)


def _rename_field(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.model_name)
    before = model_of(moment.before, moment.app_label, operation.model_name)
    after = model_of(moment.after, moment.app_label, operation.model_name)
    old = column_of(operation.old_name, before.fields[operation.old_name])
    new = column_of(operation.new_name, after.fields[operation.new_name])
    if old != new and moment.released.has(table):
        yield Lock(table)
        if moment.released.has_column(table, old):
            yield Finding(f"{table}.{old}", RENAMED, breaks=True)


def _add_field(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.model_name)
    if moment.released.has(table):
        yield Lock(table)
        yield from added_field(table, column_of(operation.name, operation.field), operation.field)
    referred = referred_table(moment.after, moment.app_label, operation.field)
    if referred and moment.released.has(referred):
        yield Lock(referred, lets_read=True)


def _alter_field(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.model_name)
    if moment.released.has(table):
        old = model_of(moment.before, moment.app_label, operation.model_name).fields[operation.name]
        yield from altered_field(table, operation.name, old, operation.field)


def _add_index(operation: Any, moment: Moment) -> Iterator[Said]:
    moment.new_indexes.add(operation.index.name)
    table = moment.table(operation.model_name)
    if moment.released.has(table) and not isinstance(operation, postgresql.AddIndexConcurrently):
        yield Lock(table)
        yield Finding(f"index {operation.index.name}", INDEX_CLOSES)


def _remove_index(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.model_name)
    if moment.released.has(table) and operation.name in moment.released.index_names():
        if not isinstance(operation, postgresql.RemoveIndexConcurrently):
            yield Lock(table)
        yield Finding(f"index {operation.name}", INDEX_DROPPED)


def _rename_index(operation: Any, moment: Moment) -> Iterator[Said]:
    """Nothing asks for an index by its name, but of unique ones errors tell it."""
    if moment.released.has(table := moment.table(operation.model_name)):
        yield Lock(table)


def _add_constraint(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.model_name)
    if not moment.released.has(table):
        return
    subject = f"constraint {operation.constraint.name}"
    yield Lock(table)
    if not isinstance(operation.constraint, models.CheckConstraint):
        yield Finding(subject, CONSTRAINT_BUILDS_INDEX)
    elif not isinstance(operation, postgresql.AddConstraintNotValid):
        yield Finding(subject, CONSTRAINT_READS_TABLE)
    yield Finding(subject, REFUSES_ROWS)


def _remove_constraint(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.model_name)
    if moment.released.has(table):
        yield Lock(table)
        if operation.name in moment.released.unique_names(table):
            yield Finding(f"constraint {operation.name}", UNIQUE_DROPPED, breaks=True)


def _together(operation: Any, moment: Moment) -> Iterator[Said]:
    table = moment.table(operation.name)
    if moment.released.has(table):
        yield Lock(table)
        yield Finding(f"{operation.option_name} of {table}", UNKNOWN)


_RULES: tuple[tuple[type[Operation] | tuple[type[Operation], ...], Rule], ...] = (
    (django.RunSQL, _run_sql),
    (django.RunPython, _run_python),
    (django.CreateModel, _create_model),
    (django.DeleteModel, _delete_model),
    ((django.RenameModel, django.AlterModelTable), _rename_model),
    (django.RemoveField, _remove_field),
    (django.RenameField, _rename_field),
    (django.AddField, _add_field),
    (django.AlterField, _alter_field),
    (django.AddIndex, _add_index),
    (django.RemoveIndex, _remove_index),
    (django.RenameIndex, _rename_index),
    ((django.AddConstraint, postgresql.AddConstraintNotValid), _add_constraint),
    (django.RemoveConstraint, _remove_constraint),
    ((django.AlterUniqueTogether, django.AlterOrderWithRespectTo), _together),
    (
        (
            django.AlterModelOptions,
            django.AlterModelManagers,
            django.AlterModelTableComment,
            postgresql.ValidateConstraint,
            postgresql.CreateExtension,
        ),
        _nothing,
    ),
)
