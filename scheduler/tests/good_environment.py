"""All that production needs."""

GOOD = {
    "SECRET_KEY": "s" * 50,
    "DATABASE_URL": "postgres://user:secret-of-the-database@host/name",
    "REDIS_URL": "redis://host/0",
}
