"""An outage is reported once, and its length when it ends."""

import logging
import random
import threading
import time

logger = logging.getLogger(__name__)

BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_CAP_SECONDS = 5.0
