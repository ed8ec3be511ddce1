"""`bin/python -m tools.at_size`: what staff do, with a month of jobs in a database of its own."""

import os
import sys
import time

from tools.at_size.options import Options, parse
from tools.measuring.program import measure_on_servers
from tools.terminal import say


def main() -> int:
    """Prints what was found; 1 if anything takes longer than it may, or is not as it should be."""
    options = parse()
    return measure_on_servers(lambda: _measure(options), production_allowed=options.yes_really)


def _measure(options: Options) -> bool:
    from tools.at_size.kept import kept_scope
    from tools.benchmark.scope import own_scope
    from tools.measuring.databases import prepare_django

    with kept_scope(options.database) if options.database else own_scope():
        os.environ["DJANGO_SETTINGS_MODULE"] = "tools.at_size.settings"
        prepare_django()
        _make(options.jobs)
        return options.make_only or _try(options)


def _make(jobs: int) -> None:
    from jobs.services.demo import demo_make, demo_standing

    if any(there := demo_standing()):
        say(f"there are {there}")
        return
    since = time.monotonic()
    made = demo_make(jobs=jobs)
    say(f"made {made} in {time.monotonic() - since:.0f} s")


def _try(options: Options) -> bool:
    """Whether all is as it should be."""
    from tools.at_size.export import export
    from tools.at_size.pages import pages
    from tools.at_size.redrive import redrive

    parts = {"pages": pages, "export": export, "redrive": redrive}
    are_right = [parts[name](options) for name in options.only]
    return all(are_right)


if __name__ == "__main__":
    sys.exit(main())
