"""Where a checkout keeps the data of its servers."""

from scheduler.env import BASE_DIR

DATA_DIR = BASE_DIR / ".data"
