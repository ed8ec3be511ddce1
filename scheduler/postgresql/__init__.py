"""Django's PostgreSQL backend with a check of idle connections that costs no round trip."""
