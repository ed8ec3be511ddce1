"""gunicorn as the API starts it: an option that cannot work is refused in one sentence."""

import sys
from pathlib import Path
from typing import Any, NoReturn

from gunicorn.app.wsgiapp import WSGIApplication

from scheduler.env import EXIT_USAGE

# With none of one of these nothing would ever be answered, and nothing would be said.
_AT_LEAST_ONE = ("workers", "threads", "worker_connections")


class ApiApplication(WSGIApplication):  # type: ignore[misc]
    """Ends with EXIT_USAGE where gunicorn would print a traceback, or start and serve nobody."""

    def do_load_config(self) -> None:
        """As gunicorn's, and looks at what only shows later."""
        try:
            self.load_default_config()
            self.load_config()
            self.cfg.validate()
            _check(self.cfg)
        except Exception as error:  # noqa: BLE001 - what a bad value raises is not one family
            _refuse(str(error) or type(error).__name__)

    def run(self) -> None:
        """As gunicorn's; what a master raises before it serves is about its options."""
        try:
            super().run()
        except (OSError, LookupError, ValueError) as error:
            _refuse(str(error))


def _check(config: Any) -> None:
    for name in _AT_LEAST_ONE:
        if config.settings[name].get() < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be 1 or more")
    directory = config.settings["worker_tmp_dir"].get()
    if directory and not Path(directory).is_dir():
        raise ValueError(f"--worker-tmp-dir names {directory!r}, which is no directory")
    name = config.settings["worker_class"].get()
    try:
        _ = config.worker_class
    except Exception:  # noqa: BLE001 - gunicorn quotes the traceback of whatever was raised
        raise ValueError(f"the worker class {name!r} cannot be loaded") from None


def _refuse(reason: str) -> NoReturn:
    first_line = reason.strip().partition("\n")[0].rstrip(".:")
    sys.stderr.write(
        "An option of gunicorn, in GUNICORN_CMD_ARGS or on the command line, cannot be used: "
        f"{first_line}.\n"
    )
    sys.exit(EXIT_USAGE)
