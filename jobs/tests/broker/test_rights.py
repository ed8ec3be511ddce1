"""A user of Redis who lacks the right to a command that a dispatch takes."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis

from jobs.broker.redis import RedisBroker
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnavailable
from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage

DISPATCH_COMMANDS = ["time", "exists", "lpush"]


@pytest.fixture(params=DISPATCH_COMMANDS)
def restricted(request: pytest.FixtureRequest) -> Iterator[RedisBroker]:
    conf = jobs_conf()
    address = urlsplit(conf.redis_url)
    prefix = conf.redis_prefix
    with redis.Redis.from_url(conf.redis_url) as client:
        rights = (f"~{prefix}*", f"&{prefix}*", "+@all", f"-{request.param}")
        client.execute_command("ACL", "SETUSER", "narrow", "on", ">narrow", *rights)
        url = f"redis://narrow:narrow@{address.hostname}:{address.port}{address.path}"
        broker = RedisBroker(url, prefix, 60)
        yield broker
        broker.disconnect()
        client.execute_command("ACL", "DELUSER", "narrow")


def test_where_nothing_can_be_dispatched_empty_lists_do_not_look_as_if_no_job_waited(
    restricted: RedisBroker,
) -> None:
    job_id = uuid7()
    with pytest.raises(BrokerUnavailable):
        restricted.dispatch([QueueMessage(job_id, str(job_id), "default", 5)], is_repeated=True)
    with pytest.raises(BrokerUnavailable, match="nothing can be dispatched"):
        restricted.fetch(["default"], 1)
