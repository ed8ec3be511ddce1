"""Sessions of PostgreSQL that end while a test uses them."""

from django.db import connections


def end_session(pid: int) -> None:
    """Ends a session from another one, as a restart would; returns when it has ended."""
    outside = connections["default"].copy()
    try:
        with outside.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        outside.close()
