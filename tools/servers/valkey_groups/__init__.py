"""Several Valkey servers on 127.0.0.1 of which one is the primary: with Sentinels, or a cluster."""
