"""The environment variables that bin/chaos sets for the processes of the service."""

EFFECTS_FILE = "CHAOS_EFFECTS_FILE"  # where chaos.append leaves its lines
SPANS_FILE = "CHAOS_SPANS_FILE"  # where chaos.span and chaos.keyed_span say when they run
KILL_EVERY = "CHAOS_KILL_EVERY"  # the API dies at every n-th push
KILL_LIMIT = "CHAOS_KILL_LIMIT"  # the API dies at most this many times
KILLS_FILE = "CHAOS_KILLS_FILE"  # a line for each death
