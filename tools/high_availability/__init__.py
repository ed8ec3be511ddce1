"""bin/high-availability: PostgreSQL under Patroni and Redis with Sentinels, on one machine."""
