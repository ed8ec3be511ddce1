"""Who acts at a shell, and why: two options of every subcommand that changes something."""

import argparse
import getpass
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth import get_user_model

from jobs.core.actor import REASON_MAX, Actor, actor_of

# Characters of a user's name.
NAME_MAX = 150


def add_actor_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--by` and `--reason`; the event of what is done has both."""
    parser.add_argument(
        "--by",
        metavar="NAME",
        type=_text(1, NAME_MAX),
        default=_login(),
        help="who decides (default: %(default)s)",
    )
    parser.add_argument(
        "--reason",
        type=_text(0, REASON_MAX),
        default="",
        help="why; shown with what is done, and kept",
    )


def actor_at_shell(options: Mapping[str, Any]) -> Actor:
    """The account with the name given, or else the name alone."""
    users = get_user_model()
    named = users._default_manager.filter(**{users.USERNAME_FIELD: options["by"]}).first()
    return actor_of(named) if named is not None else Actor(name=options["by"])


def _text(least: int, most: int) -> Callable[[str], str]:
    def of_length(value: str) -> str:
        if not least <= len(value) <= most:
            raise argparse.ArgumentTypeError(f"must have {least} to {most} characters")
        return value

    return of_length


def _login() -> str:
    """The name of the shell's user; a container may run under a number that has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "shell"
