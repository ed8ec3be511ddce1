"""What clients that wait cost, and how a test waits beside them."""

import asyncio
from pathlib import Path
from typing import Any

import redis

from jobs.core.conf import jobs_conf
from jobs.tests.acceptance.processes import Process
from jobs.tests.waiting import wait_until


def threads_of(process: Process) -> int:
    """Of the server and its one worker."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in children)


async def until(condition: Any) -> None:
    """Waits for a condition without holding up the event loop."""
    await asyncio.to_thread(wait_until, condition)


def watched() -> int:
    """How many jobs somebody watches."""
    with redis.Redis.from_url(jobs_conf().redis_url) as client:
        return int(client.zcard(f"{jobs_conf().redis_prefix}watched"))
