"""Which revision is the older version."""

import json
import subprocess
from collections.abc import Iterator

from tools.checkout import CHECKOUT
from tools.errors import ToolError

RELEASED = CHECKOUT / "released_migrations.json"


def older_revision() -> str:
    """The last tag; without any, the last commit that has no migration beyond the released ones.

    Raises `ToolError` where neither is found.
    """
    if tag := _git("describe", "--tags", "--abbrev=0"):
        return tag
    later = list(_migrations_since_the_release())
    if later:
        # The first line is the oldest commit that added one of them.
        added = _git("log", "--reverse", "--diff-filter=A", "--format=%H", "--", *later)
        if added and (before := _git("rev-parse", "--verify", f"{added.split()[0]}^")):
            return before
    raise ToolError(
        "There is no tag, and no migration since the release: name a revision (--from)."
    )


def describe(revision: str) -> str:
    """For people: the commit and its subject."""
    return _git("log", "-1", "--format=%h %s", revision) or revision


def _migrations_since_the_release() -> Iterator[str]:
    for app, last in json.loads(RELEASED.read_text()).items():
        for path in sorted((CHECKOUT / app / "migrations").glob("[0-9]*.py")):
            if path.stem > last:
                yield str(path.relative_to(CHECKOUT))


def _git(*arguments: str) -> str:
    """What git says; nothing where it fails."""
    done = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
