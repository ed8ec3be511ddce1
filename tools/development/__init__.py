"""bin/start and bin/test: what a developer runs in a checkout."""
