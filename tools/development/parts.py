"""The tests in parts that run at once."""

from collections.abc import Collection, Sequence

# The tests in parts: those that start processes and wait for them, those that wait for PostgreSQL's
# commits, and those that keep a processor busy. What no part names is a part, too. Those that take
# longest begin first.
TEST_PATHS = ("accounts", "jobs", "scheduler", "tools")
PARTS = {
    "tests of killed processes": tuple(
        f"jobs/tests/acceptance/test_{name}.py"
        for name in ("worker_process", "kill_points", "killed_calls", "killed_mail", "signals")
    ),
    "tests of processes": ("jobs/tests/acceptance",),
    "tests of services": ("jobs/tests/services", "jobs/tests/worker", "jobs/tests/sql"),
    "tests of pages and calls": ("jobs/tests/admin", "jobs/tests/api", "accounts"),
    "tests of faults": ("tools/tests/chaos", "tools/tests/promises"),
    "tests of measures": ("tools/tests/benchmark",),
    "tests of tools": ("tools",),
}


def parts_of_tests() -> dict[str, list[str]]:
    """What pytest is asked for in each part, by its name: each test once."""
    named = [path for paths in PARTS.values() for path in paths]
    rest = [path for path in TEST_PATHS if path not in named]
    return {
        name: [*paths, *_left_out(paths, named)]
        for name, paths in {**PARTS, "other tests": rest}.items()
    }


def _left_out(paths: Collection[str], named: Sequence[str]) -> list[str]:
    """Options for what lies below these paths, and belongs to another part.

    pytest ignores no folder that it is asked for.
    """
    below = tuple(f"{path}/" for path in paths)
    return [f"--ignore={one}" for one in named if one.startswith(below)]
