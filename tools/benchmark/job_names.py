"""What the jobs that are measured are called. Importing this registers nothing."""

EMPTY = "benchmark.empty"
BACKLOG = "benchmark.backlog"
STAMP = "benchmark.stamp"
POISON = "benchmark.poison"
SLEEP = "benchmark.sleep"
SLEEP_ASYNC = "benchmark.sleep_async"

SLEEP_SECONDS = 0.01
