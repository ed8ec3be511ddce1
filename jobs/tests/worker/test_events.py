"""Events of log lines are names that operators rely on: docs/worker.md lists every one."""

import ast
import re
from pathlib import Path

import jobs.management.commands.runworker
import jobs.worker

WORKER = Path(jobs.worker.__path__[0])
RUNWORKER = Path(jobs.management.commands.runworker.__file__)
DOCUMENT = WORKER.parents[1] / "docs" / "worker.md"
LOG_CALL = re.compile(r"logger\.(log|debug|info|warning|error|exception)")
EVENT = re.compile(r"[a-z_]+\.[a-z_]+")


def log_calls() -> list[ast.Call]:
    """The calls of `logger` in the worker's modules."""
    trees = [ast.parse(path.read_text()) for path in [*WORKER.rglob("*.py"), RUNWORKER]]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if LOG_CALL.fullmatch(ast.unparse(call.func))]


def events_of(call: ast.Call) -> list[str]:
    """The event's name, from `extra`."""
    extra = [keyword.value for keyword in call.keywords if keyword.arg == "extra"]
    nodes = [node for one in extra for node in ast.walk(one) if isinstance(node, ast.Constant)]
    texts = [str(node.value) for node in nodes]
    return [text for text in texts if EVENT.fullmatch(text)]


def test_every_log_line_has_one_event() -> None:
    calls = log_calls()
    assert len(calls) > 30
    without = [ast.unparse(call) for call in calls if len(events_of(call)) != 1]
    assert not without


def test_every_event_is_documented() -> None:
    document = DOCUMENT.read_text()
    events = {event for call in log_calls() for event in events_of(call)}
    assert not {event for event in events if f"`{event}`" not in document}
