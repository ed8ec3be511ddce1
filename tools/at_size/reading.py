"""How many rows of the big tables the statements of a page read."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

_SCANS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan")


@dataclass(frozen=True)
class Read:
    """What one statement reads of big tables: `rows`, of them `found` fit, and by which `scans`."""

    sql: str
    rows: int
    found: int
    scans: list[str]

    @property
    def is_sequential(self) -> bool:
        """Whether it reads a big table from its beginning on, for want of an index."""
        return any(scan.startswith("Seq Scan") for scan in self.scans)


@dataclass
class Reads:
    """The statements of one page."""

    made: list[Read] = field(default_factory=list)
    texts: Counter[str] = field(default_factory=Counter)

    @property
    def statements(self) -> int:
        """How many there were."""
        return self.texts.total()

    @property
    def most_repeated(self) -> tuple[str, int]:
        """The text that was run most often, and how often."""
        return self.texts.most_common(1)[0] if self.texts else ("", 0)


class Reader:
    """Explains what runs. `big`: tables with so many rows or more, as they were analyzed."""

    def __init__(self, big: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s "
                "AND relnamespace = 'public'::regnamespace",
                [big],
            )
            self.big = {name for (name,) in cursor.fetchall()}

    @contextmanager
    def reads(self) -> Iterator[Reads]:
        """Notes every statement that runs within, and what it reads.

        Each is planned with sequential scans avoided: what reads a table so all the same has no
        index, however small the table is.
        """
        reads = Reads()

        def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if not sql.startswith(("SAVEPOINT", "RELEASE", "SELECT set_config")):
                reads.texts[sql] += 1
            if sql.startswith(("SELECT", "WITH", "--")):
                reads.made += self._explained(sql, params)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(explain):
            yield reads

    def _explained(self, sql: str, params: Any) -> Iterator[Read]:
        raw = connection.connection
        with raw.transaction(force_rollback=True), raw.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) {sql}", params)
            [(answer,)] = cursor.fetchall()
        plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
        nodes = [one for one in _nodes(plan) if one.get("Relation Name") in self.big]
        scans = [one for one in nodes if one["Node Type"] in _SCANS]
        if scans:
            found = sum(map(_found, scans))
            yield Read(sql, sum(map(_rows, scans)), found, [_scan(one) for one in scans])


def _found(node: dict[str, Any]) -> int:
    return int(node["Actual Rows"] * node["Actual Loops"])


def _rows(node: dict[str, Any]) -> int:
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows = node["Actual Rows"] + sum(node.get(name, 0) for name in removed)
    return int(rows * node["Actual Loops"])


def _scan(node: dict[str, Any]) -> str:
    return f"{node['Node Type']} {node.get('Index Name') or node['Relation Name']}"


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
