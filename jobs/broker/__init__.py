"""Redis or Valkey: it says which job is next, and when; never whether it runs."""

from functools import lru_cache

from jobs.broker.base import Broker
from jobs.broker.redis import RedisBroker
from jobs.core.conf import jobs_conf


def get_broker() -> Broker:
    """This process's broker, by the settings."""
    conf = jobs_conf()
    return _broker(conf.redis_url, conf.redis_prefix, conf.cache_mark_seconds)


@lru_cache(maxsize=4)
def _broker(redis_url: str, redis_prefix: str, cache_mark_seconds: int) -> Broker:
    return RedisBroker(redis_url, redis_prefix, cache_mark_seconds)
