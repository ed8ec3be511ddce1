"""Every log line of the product has a stable event, `<noun>.<past participle>`, in its fields."""

import ast
import re
from collections.abc import Iterator

import pytest

from jobs.tests.sources import module_of, sources

LOG_CALL = re.compile(r"logger\.(log|debug|info|warning|error|exception|critical)")
# One of them may take its noun from a variable.
EVENT = re.compile(r"([a-z_]+)?\.[a-z_]+")
FILES = [path for package in ("accounts", "jobs", "scheduler") for path in sources(package)]


def log_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and LOG_CALL.fullmatch(ast.unparse(node.func)):
            yield node


def events_of(call: ast.Call) -> list[str]:
    """The names of events in `extra`."""
    extra = [keyword.value for keyword in call.keywords if keyword.arg == "extra"]
    texts = [
        node.value for one in extra for node in ast.walk(one) if isinstance(node, ast.Constant)
    ]
    return [text for text in texts if isinstance(text, str) and EVENT.fullmatch(text)]


CALLS = [
    pytest.param(call, id=f"{module_of(path)}:{call.lineno}")
    for path in FILES
    for call in log_calls(ast.parse(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("call", CALLS)
def test_a_log_line_has_one_event_and_a_constant_text(call: ast.Call) -> None:
    assert len(events_of(call)) == 1, ast.unparse(call)
    texts = [one for one in call.args if isinstance(one, ast.Constant)]
    assert any(isinstance(one.value, str) for one in texts), ast.unparse(call)


def test_there_are_log_lines() -> None:
    assert len(CALLS) > 40


@pytest.mark.parametrize(
    "line",
    [
        'logger.info("x")',
        'logger.info("x", extra={"job_id": "a"})',
        'logger.info("x", extra={"event": "x"})',
    ],
)
def test_a_line_without_an_event_would_be_seen(line: str) -> None:
    [call] = log_calls(ast.parse(line))
    assert events_of(call) == []
