"""The servers that are measured, and never those of production by accident."""

import os

from django.core.exceptions import ImproperlyConfigured

from scheduler.env import DEVELOPMENT, read_dotenv, read_environment
from tools.errors import ToolError
from tools.servers import provide_servers

_SAYS_WHERE = ("ENVIRONMENT", "DATABASE_URL", "REDIS_URL")


class LooksLikeProduction(Exception):
    """The servers may be those of real users."""


def prepare_environment(*, production_allowed: bool) -> None:
    """Sees to it that DATABASE_URL and REDIS_URL name servers.

    Where neither the environment nor `.env` says anything, the embedded servers are started.

    Raises LooksLikeProduction unless that is allowed, and `ToolError` if no server can be had.
    """
    read_dotenv()
    if not any(os.environ.get(name) for name in _SAYS_WHERE):
        os.environ["ENVIRONMENT"] = DEVELOPMENT
    provide_servers()
    try:
        development = read_environment().development
    except ImproperlyConfigured as error:
        raise ToolError(str(error)) from error
    if not (development or production_allowed):
        raise LooksLikeProduction(
            "This looks like production (ENVIRONMENT is not 'development'): the servers would be "
            "busy with it for minutes. Add --yes-really if that is all right."
        )
