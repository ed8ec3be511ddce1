"""Reads the migrations since a release, one after the other, and says what is wrong with them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from jobs.management.upgrades.finding import Finding, Lock, Said, Timeout, Transaction
from jobs.management.upgrades.markers import not_excused
from jobs.management.upgrades.operations import Moment, said_of
from jobs.management.upgrades.problems import SEVERAL_TABLES
from jobs.management.upgrades.tables import Tables

Node = tuple[str, str]

NO_TIMEOUT = (
    "is locked without a lock_timeout: while the migration waits, all calls and workers wait "
    "behind it. Begin with migrations.RunSQL(\"SET LOCAL lock_timeout = '5s'\", "
    "migrations.RunSQL.noop); where atomic is False, inside BEGIN and COMMIT of the same RunSQL"
)


@dataclass(frozen=True)
class Reviewed:
    """A migration that the release does not have, and what is wrong with it."""

    app_label: str
    name: str
    module: str
    findings: list[Finding] = field(default_factory=list)


def review(loader: MigrationLoader, released: Collection[Node]) -> list[Reviewed]:
    """Every migration that is not among those released, in order, with what is wrong with it.

    `released` contains with each migration those that it depends on.
    """
    order = _order(loader)
    state = ProjectState(real_apps=loader.unmigrated_apps)
    for node in order:
        if node in released:
            loader.graph.nodes[node].mutate_state(state, preserve=False)
    tables, new_indexes = Tables(state), set[str]()
    reviewed = []
    for app, name in order:
        if (app, name) not in released:
            migration = loader.graph.nodes[app, name]
            names = {other for label, other in released if label == app}
            findings = findings_of(migration, state, tables, new_indexes, names)
            reviewed.append(Reviewed(app, name, migration.__module__, findings))
    return reviewed


def findings_of(
    migration: Migration,
    state: ProjectState,
    tables: Tables,
    new_indexes: set[str],
    released: Collection[str],
) -> list[Finding]:
    """What is wrong with one migration; `state` becomes what is there after it.

    `tables`: those of the released version; `new_indexes`: the indexes that were made since, to
    which those of this migration are added; `released`: the released migrations of its app.
    """
    said = list(_read(migration, state, tables, new_indexes))
    findings = [one for one in said if isinstance(one, Finding)]
    findings += _of_several_tables(said, is_atomic=migration.atomic)
    return [
        *not_excused(migration, findings, released),
        *_without_timeout(said, is_atomic=migration.atomic),
    ]


def released_by_name(loader: MigrationLoader, names: Mapping[str, str]) -> set[Node]:
    """All migrations of a release of which `names` says the last one of each app.

    Apps that it does not name count as released. Raises KeyError with an app or a migration that is
    not there.
    """
    known: set[Node] = set()
    for app, name in names.items():
        if (app, name) not in loader.graph.nodes:
            raise KeyError(f"{app}.{name}")
        known.update(loader.graph.forwards_plan((app, name)))
    later = {node for node in loader.graph.nodes if node[0] in names and node not in known}
    return {
        node for node in loader.graph.nodes if later.isdisjoint(loader.graph.forwards_plan(node))
    }


def _order(loader: MigrationLoader) -> list[Node]:
    order: dict[Node, None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        order.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    return list(order)


def _read(
    migration: Migration, state: ProjectState, released: Tables, new_indexes: set[str]
) -> Iterator[Said]:
    """What is to be said about each operation; changes `state` to what is there after it."""
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        for step, earlier, later in _steps(operation, migration.app_label, before, state):
            moment = Moment(migration.app_label, earlier, later, released, new_indexes)
            yield from said_of(step, moment)


def _steps(
    operation: Operation, app_label: str, before: ProjectState, after: ProjectState
) -> Iterator[tuple[Operation, ProjectState, ProjectState]]:
    """The operations that change the database, each with the states around it."""
    if not isinstance(operation, SeparateDatabaseAndState):
        yield operation, before, after
        return
    state = before.clone()
    for one in operation.database_operations:
        earlier = state.clone()
        one.state_forwards(app_label, state)
        yield from _steps(one, app_label, earlier, state)


def _of_several_tables(said: Sequence[Said], *, is_atomic: bool) -> Iterator[Finding]:
    """The tables that one transaction closes, where it closes more than one."""
    in_transaction = is_atomic
    tables: dict[str, None] = {}
    for one in said:
        match one:
            case Transaction() if not is_atomic:
                in_transaction = one.begins
                yield from _if_several(tables)
                tables = {}
            case Lock(lets_read=False) if in_transaction:
                tables[one.table] = None
    yield from _if_several(tables)


def _if_several(tables: Collection[str]) -> Iterator[Finding]:
    if len(tables) > 1:
        yield Finding(f"tables {', '.join(sorted(tables))}", SEVERAL_TABLES)


def _without_timeout(said: Sequence[Said], *, is_atomic: bool) -> Iterator[Finding]:
    """The tables that are locked at a moment when no lock_timeout holds."""
    in_transaction, of_session, of_transaction = is_atomic, False, False
    tables: dict[str, None] = {}
    for one in said:
        match one:
            case Timeout(is_local=True):
                of_transaction = one.is_one and in_transaction
            case Timeout():
                of_session, of_transaction = one.is_one, of_transaction and one.is_one
            case Transaction() if not is_atomic:
                in_transaction, of_transaction = one.begins, False
            case Lock() if not (of_session or of_transaction):
                tables[one.table] = None
    yield from (Finding(table, NO_TIMEOUT) for table in tables)
