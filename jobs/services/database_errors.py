"""What a database that is away, restarting, or read-only after a failover makes of a statement."""

from django.db import InterfaceError, InternalError, OperationalError

DATABASE_ERRORS = (OperationalError, InterfaceError, InternalError)
