"""The errors of a statement while PostgreSQL is away, restarting, or read-only after a failover."""

from django.db import InterfaceError, InternalError, OperationalError

DATABASE_ERRORS = (OperationalError, InterfaceError, InternalError)
