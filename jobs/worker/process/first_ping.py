"""The first question to Redis, before a worker starts."""

from jobs.broker import get_broker
from jobs.core.errors import BrokerUnavailable, BrokerUnsuitable
from jobs.core.outage import broker_outage


def ping_broker() -> None:
    """Raises BrokerUnsuitable if the server at this address can never serve.

    A Redis that is away is no reason not to start: jobs are taken from PostgreSQL then.
    """
    try:
        get_broker().ping()
    except BrokerUnsuitable:
        raise
    except BrokerUnavailable as error:
        broker_outage.failed(error)
