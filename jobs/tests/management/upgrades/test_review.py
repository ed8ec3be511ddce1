"""What a migration may do beside the released version, and what it may not."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.contrib.postgres import operations as postgresql
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now, Random

from jobs.management.upgrades.finding import Finding
from jobs.management.upgrades.review import findings_of
from jobs.management.upgrades.tables import Tables

TIMEOUT = migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop)


def _order(**changed: Any) -> dict[str, Any]:
    """The fields of a table that the released version has."""
    fields: dict[str, Any] = {
        "id": models.BigAutoField(primary_key=True),
        "name": models.CharField(max_length=50),
        "note": models.TextField(null=True),
        "code": models.CharField(max_length=10, unique=True),
        "state": models.TextField(db_default="new"),
        "price": models.DecimalField(max_digits=5, decimal_places=2, null=True),
        "tags": models.ManyToManyField("shop.tag"),
        "first_tag": models.ForeignKey("shop.tag", models.CASCADE, null=True),
    }
    return fields | changed


RELEASED = migrations.CreateModel(
    "Order",
    list(_order().items()),
    options={
        "indexes": [models.Index(fields=["name"], name="order_by_name")],
        "constraints": [models.UniqueConstraint(fields=["name", "code"], name="order_once")],
    },
)
TAG = migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))])
NOTHING: Mapping[str, object] = {}
RELEASED_NAMES = ["0001_initial", "0002_expand"]


def findings(
    *operations: Operation,
    atomic: bool = True,
    timeout: bool = True,
    marked: Mapping[str, object] = NOTHING,
) -> list[Finding]:
    """What is wrong with a migration of these operations; it begins with a lock_timeout.

    `marked`: what it says for itself.
    """
    state = ProjectState()
    for released in (TAG, RELEASED):
        released.state_forwards("shop", state)
    body = [*([TIMEOUT] if timeout else []), *operations]
    kind = type(
        "Migration", (migrations.Migration,), {"operations": body, "atomic": atomic, **marked}
    )
    migration: migrations.Migration = kind("0003_next", "shop")
    return findings_of(migration, state, Tables(state), set(), RELEASED_NAMES)


def subjects(found: Sequence[Finding]) -> list[str]:
    return [one.subject for one in found]


def sql(*statements: str) -> migrations.RunSQL:
    return migrations.RunSQL(list(statements), migrations.RunSQL.noop)


def add(field: Any) -> migrations.AddField:
    return migrations.AddField("order", "added", field)


def alter(name: str, field: Any) -> migrations.AlterField:
    return migrations.AlterField("order", name, field)


CHECK = models.CheckConstraint(condition=models.Q(name__gt=""), name="named")
UNIQUE = models.UniqueConstraint(fields=["name"], name="one_name")
INDEX = models.Index(fields=["note"], name="by_note")
REFERENCE = models.ForeignKey("shop.order", models.CASCADE, null=True)
CREATE_NEW = migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))])

BORNE = {
    "a column that may be empty": add(models.TextField(null=True)),
    "a column with a default that the database knows": add(models.TextField(db_default="")),
    "a default of the moment": add(models.DateTimeField(db_default=Now())),
    "a reference without an index": add(
        models.ForeignKey("shop.order", models.CASCADE, null=True, db_index=False)
    ),
    "a table of its own for a relation": add(models.ManyToManyField("shop.order")),
    "a longer text": alter("name", models.CharField(max_length=60)),
    "a text without a length": alter("name", models.TextField()),
    "more digits": alter("price", models.DecimalField(max_digits=7, decimal_places=2, null=True)),
    "another help text": alter("name", models.CharField(max_length=50, help_text="So.")),
    "another default in Python": alter("name", models.CharField(max_length=50, default="x")),
    "a default more": alter("name", models.CharField(max_length=50, db_default="x")),
    "another end of a reference": alter(
        "first_tag", models.ForeignKey("shop.Tag", models.SET_NULL, null=True)
    ),
    "a new table": CREATE_NEW,
    "an index built aside": postgresql.AddIndexConcurrently("order", INDEX),
    "what the models alone know": migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField("order", "note")]
    ),
    "options": migrations.AlterModelOptions("order", {"ordering": ["id"]}),
    "column in SQL": sql("ALTER TABLE shop_order ADD COLUMN added text, ADD b int DEFAULT 1"),
    "type in SQL": sql("ALTER TABLE shop_order ALTER COLUMN name TYPE text"),
    "settings": sql("ALTER TABLE shop_order SET (fillfactor = 50); ANALYZE shop_order"),
    "an index built anew": sql(
        "DROP INDEX CONCURRENTLY IF EXISTS by_note",
        "CREATE INDEX CONCURRENTLY by_note ON shop_order (note, (id + 1))",
    ),
    "an index with other settings": sql(
        "ALTER INDEX order_by_name SET (fillfactor = 80)",
        "REINDEX INDEX CONCURRENTLY order_by_name",
    ),
    "a function": sql("CREATE FUNCTION f() RETURNS void AS $x$ DROP TABLE shop_order; $x$"),
    "a text that reads like a statement": sql("SELECT '; DROP TABLE shop_order'"),
    "a comment": sql("-- DROP TABLE shop_order;\nSELECT 1 /* ; DELETE FROM shop_order */"),
    "rows of a table that the released version does not know": sql("UPDATE shop_new SET id = 1"),
    "a constraint that is validated": sql("ALTER TABLE shop_order VALIDATE CONSTRAINT named"),
}


@pytest.mark.parametrize("operation", BORNE.values(), ids=BORNE)
def test_what_the_released_version_can_bear(operation: Operation) -> None:
    assert findings(operation) == []


BREAKS = {
    "a column goes": (migrations.RemoveField("order", "note"), "shop_order.note"),
    "a column has another name": (
        migrations.RenameField("order", "note", "remark"),
        "shop_order.note",
    ),
    "a column has another name by db_column": (
        alter("note", models.TextField(null=True, db_column="remark")),
        "shop_order.note",
    ),
    "a table goes": (migrations.DeleteModel("Order"), "shop_order"),
    "a table has another name": (migrations.RenameModel("Order", "Purchase"), "shop_order"),
    "another name by db_table": (migrations.AlterModelTable("order", "purchases"), "shop_order"),
    "a default in Python alone": (add(models.TextField(default="")), "shop_order.added"),
    "a default for each row": (
        add(models.FloatField(db_default=Random())),
        "shop_order.added",
    ),
    "NULL is refused": (alter("note", models.TextField()), "shop_order.note"),
    "a default goes": (alter("state", models.TextField()), "shop_order.state"),
    "a shorter text": (alter("name", models.CharField(max_length=40)), "shop_order.name"),
    "a text with a length": (
        alter("note", models.CharField(max_length=40, null=True)),
        "shop_order.note",
    ),
    "fewer digits": (
        alter("price", models.DecimalField(max_digits=4, decimal_places=2, null=True)),
        "shop_order.price",
    ),
    "a relation goes": (migrations.RemoveField("order", "tags"), "shop_order_tags"),
    "a reference to another table": (
        alter("first_tag", models.ForeignKey("shop.order", models.CASCADE, null=True)),
        "shop_order.first_tag_id",
    ),
    "a number of a reference": (
        alter("first_tag", models.IntegerField(null=True, db_column="first_tag_id")),
        "shop_order.first_tag_id",
    ),
    "another type": (alter("name", models.IntegerField()), "shop_order.name"),
    "another collation": (
        alter("name", models.CharField(max_length=50, db_collation="C")),
        "shop_order.name",
    ),
    "no longer unique": (alter("code", models.CharField(max_length=10)), "shop_order.code"),
    "a unique constraint goes": (
        migrations.RemoveConstraint("order", "order_once"),
        "constraint order_once",
    ),
    "drop column in SQL": (sql("ALTER TABLE shop_order DROP COLUMN note"), "shop_order.note"),
    "drop without the word column": (sql('alter table "shop_order" drop note'), "shop_order.note"),
    "second of several tables": (sql("DROP TABLE other, shop_order CASCADE"), "shop_order"),
    "in quotes": (sql('ALTER TABLE "public"."shop_order" DROP "note"'), "shop_order.note"),
    "in a schema": (sql("ALTER TABLE public.shop_order DROP note"), "shop_order.note"),
    "second of several": (
        sql("ALTER TABLE shop_order ADD added numeric(3, 1), DROP note"),
        "shop_order.note",
    ),
    "second statement": (sql("SELECT 1; DROP TABLE IF EXISTS shop_order"), "shop_order"),
    "NOT NULL in SQL": (sql("ALTER TABLE shop_order ADD n int NOT NULL"), "shop_order.n"),
    "a serial": (sql("ALTER TABLE shop_order ADD n bigserial"), "shop_order.n"),
    "SET NOT NULL": (sql("ALTER TABLE shop_order ALTER note SET NOT NULL"), "shop_order.note"),
    "DROP DEFAULT": (sql("ALTER TABLE shop_order ALTER state DROP DEFAULT"), "shop_order.state"),
    "TYPE": (sql("ALTER TABLE shop_order ALTER name TYPE varchar(9)"), "shop_order.name"),
    "RENAME": (
        sql("ALTER TABLE shop_order RENAME note TO remark"),
        "shop_order: RENAME note TO remark",
    ),
    "in the database part": (
        migrations.SeparateDatabaseAndState([migrations.RemoveField("order", "note")]),
        "shop_order.note",
    ),
}


@pytest.mark.parametrize(("operation", "subject"), BREAKS.values(), ids=BREAKS)
def test_what_breaks_the_released_version(operation: Operation, subject: str) -> None:
    [found] = findings(operation)
    assert (found.subject, found.breaks) == (subject, True)


@pytest.mark.parametrize(("operation", "subject"), BREAKS.values(), ids=BREAKS)
def test_that_is_excused_only_by_a_released_expand_step(operation: Operation, subject: str) -> None:
    contract = {"contract_of": "0002_expand", "contract_because": "Nothing reads it since 2.0."}
    assert findings(operation, marked=contract) == []
    assert subjects(findings(operation, marked={"harmless": {subject: "I think so."}})) == [subject]
    assert subjects(findings(operation, marked=contract | {"contract_of": "0003_next"})) == [
        "marker contract_of"
    ]
    assert subjects(findings(operation, marked=contract | {"contract_because": " "})) == [
        "marker contract_of"
    ]


DOUBTED = {
    "a unique column": (
        add(models.TextField(null=True, unique=True)),
        ["shop_order.added"],
    ),
    "a column with an index": (add(REFERENCE), ["index of shop_order.added_id"]),
    "an index": (migrations.AddIndex("order", INDEX), ["index by_note"]),
    "an index goes": (migrations.RemoveIndex("order", "order_by_name"), ["index order_by_name"]),
    "a column that may be NULL": (
        alter("name", models.CharField(max_length=50, null=True)),
        ["shop_order.name"],
    ),
    "a check": (migrations.AddConstraint("order", CHECK), ["constraint named"] * 2),
    "a check of new rows": (
        postgresql.AddConstraintNotValid("order", CHECK),
        ["constraint named"],
    ),
    "unique": (migrations.AddConstraint("order", UNIQUE), ["constraint one_name"] * 2),
    "code": (migrations.RunPython(migrations.RunPython.noop), ["noop"]),
    "index without a name": (
        sql("CREATE INDEX ON shop_order (note)"),
        ["index of shop_order"],
    ),
    "drop indexes in SQL": (
        sql("DROP INDEX CONCURRENTLY other, order_by_name"),
        ["index other", "index order_by_name"],
    ),
    "index in SQL": (sql("CREATE INDEX by_note ON shop_order (note)"), ["index by_note"]),
    "unique index in SQL": (
        sql("CREATE UNIQUE INDEX CONCURRENTLY by_note ON shop_order (note)"),
        ["index by_note"],
    ),
    "drop index in SQL": (
        sql("DROP INDEX CONCURRENTLY IF EXISTS order_by_name"),
        ["index order_by_name"],
    ),
    "constraint in SQL": (
        sql("ALTER TABLE shop_order ADD CONSTRAINT named CHECK (name > '') NOT VALID"),
        ["constraint named"],
    ),
    "trigger": (
        sql("CREATE TRIGGER t AFTER INSERT ON shop_order EXECUTE FUNCTION f()"),
        ["trigger t"],
    ),
    "rows": (sql("UPDATE shop_order SET note = ''"), ["rows of shop_order"]),
    "rows within a statement": (
        sql("WITH gone AS (DELETE FROM shop_order RETURNING id) SELECT 1"),
        ["rows of shop_order"],
    ),
    "what nobody can read": (sql("DO $$ BEGIN END $$"), ["statement 'DO $$'"]),
}


@pytest.mark.parametrize(("operation", "expected"), DOUBTED.values(), ids=DOUBTED)
def test_what_takes_a_word_of_its_author(operation: Operation, expected: list[str]) -> None:
    found = findings(operation)
    assert subjects(found) == expected
    assert not any(one.breaks for one in found)
    assert (
        findings(operation, marked={"harmless": dict.fromkeys(expected, "The table has ten rows.")})
        == []
    )


def test_a_word_about_nothing_is_refused() -> None:
    assert subjects(findings(marked={"harmless": {"index gone": "It was."}})) == [
        "marker 'index gone'"
    ]


LOCKS = {
    "a column": add(models.TextField(null=True)),
    "a longer text": alter("name", models.CharField(max_length=60)),
    "a column in SQL": sql("ALTER TABLE shop_order ADD COLUMN added text"),
    "a table in SQL that refers to it": sql("CREATE TABLE n (id int REFERENCES shop_order (id))"),
    "a table that refers to it": migrations.CreateModel(
        "New", [("id", models.BigAutoField(primary_key=True)), ("order", REFERENCE)]
    ),
}


@pytest.mark.parametrize("operation", LOCKS.values(), ids=LOCKS)
def test_a_lock_takes_a_time_limit(operation: Operation) -> None:
    [found] = findings(operation, timeout=False)
    assert found.subject == "shop_order"
    assert "lock_timeout" in found.problem
    excuse = {"contract_of": "0002_expand", "contract_because": "So."}
    assert findings(operation, timeout=False, marked=excuse) == [found]


def test_one_transaction_closes_one_table() -> None:
    both = ["ALTER TABLE shop_order ADD a text", "ALTER TABLE shop_tag ADD a text"]
    [found] = findings(*[sql(one) for one in both])
    assert found.subject == "tables shop_order, shop_tag"
    assert "deadlocks" in found.problem
    marked = {"harmless": {found.subject: "No statement reads both."}}
    assert findings(sql(*both), marked=marked) == []
    timeout = "SET lock_timeout = '5s'"
    assert findings(sql(timeout, *both), atomic=False, timeout=False) == []
    together = sql("BEGIN", timeout, *both, "COMMIT")
    assert subjects(findings(together, atomic=False, timeout=False)) == [found.subject]
    # Whoever only reads passes.
    reference = sql("CREATE TABLE shop_new (tag int REFERENCES shop_tag (id))")
    assert findings(sql(both[0]), reference) == []


@pytest.mark.parametrize("value", ["0", "'0'", "'2min'", "'1h'", "DEFAULT", "''"])
def test_a_limit_that_is_none(value: str) -> None:
    column = "ALTER TABLE shop_order ADD COLUMN added text"
    limit = f"SET LOCAL lock_timeout = {value}"
    assert subjects(findings(sql(limit, column), timeout=False)) == ["shop_order"]


@pytest.mark.parametrize("end", ["RESET lock_timeout", "SET lock_timeout = 0"])
def test_a_limit_that_is_taken_away_again(end: str) -> None:
    column = "ALTER TABLE shop_order ADD COLUMN added text"
    assert subjects(findings(sql(end, column))) == ["shop_order"]


@pytest.mark.parametrize("value", ["5000", "'5000'", "'900ms'", "'1min'"])
def test_a_limit_in_other_units(value: str) -> None:
    column = "ALTER TABLE shop_order ADD COLUMN added text"
    assert findings(sql(f"SET lock_timeout TO {value}", column), timeout=False) == []


def test_outside_a_transaction_a_local_time_limit_holds_for_nothing() -> None:
    column = "ALTER TABLE shop_order ADD COLUMN added text"
    local = "SET LOCAL lock_timeout = '5s'"
    assert subjects(findings(sql(local, column), atomic=False, timeout=False)) == ["shop_order"]
    within = sql(f"BEGIN; {local}; {column}; COMMIT")
    assert findings(within, atomic=False, timeout=False) == []
    behind = sql(f"BEGIN; {local}; COMMIT", column)
    assert subjects(findings(behind, atomic=False, timeout=False)) == ["shop_order"]
    of_session = sql("SET lock_timeout = '5s'", column)
    assert findings(of_session, atomic=False, timeout=False) == []
