"""The settings of the benchmark, and the style sheets that a browser asks for."""

from tools.benchmark.settings import *  # noqa: F403

# Nothing is collected in a checkout: the files are served from where they lie.
WHITENOISE_USE_FINDERS = True

# Workers would prune what is older than 14 days, half of the month.
JOBS_RETENTION_DAYS = 60.0
