"""The `.env` of a developer's checkout."""

import os
import secrets

from scheduler.env import DEVELOPMENT, read_dotenv
from tools.checkout import CHECKOUT
from tools.errors import ToolError

_PATH = CHECKOUT / ".env"

_TEXT = """\
# Written by bin/start for this checkout alone. .env.example explains every variable.
ENVIRONMENT=development
SECRET_KEY={key}
"""


def prepare_dotenv() -> bool:
    """Writes `.env` if there is none, and reads it. True if it was written.

    Raises `ToolError` where the environment is not one of development.
    """
    written = not _PATH.exists()
    if written:
        _PATH.touch(mode=0o600)
        _PATH.write_text(_TEXT.format(key=secrets.token_urlsafe(50)))
    read_dotenv()
    if os.environ.get("ENVIRONMENT") != DEVELOPMENT:
        raise ToolError(
            "This command is for development: set ENVIRONMENT=development, in .env or in the "
            f"environment (it is {os.environ.get('ENVIRONMENT', 'not set')})."
        )
    return written
