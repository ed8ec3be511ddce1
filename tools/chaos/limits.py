"""The limits of the queues that bin/chaos adds, as staff would set them."""

LIMITED, FAIR = "limited", "fair"

QUEUE_LIMITS = {LIMITED: 3, FAIR: 2}
"""How many jobs of a queue may be admitted at once. The queue `fair` is a fair one."""

KEYED_TYPE, KEY_LIMIT = "chaos.keyed_span", 1
"""The job type with a limit for each key, and that limit."""
