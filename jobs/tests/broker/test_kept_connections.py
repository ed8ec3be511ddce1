"""A connection that is kept answers the next call as if it were new."""

import os
from typing import Any

import pytest
from redis.exceptions import ResponseError

from jobs.broker.kept_connections import KeptConnections
from jobs.broker.redis import RedisBroker
from jobs.core.conf import jobs_conf
from jobs.tests.broker.own_servers import broker_at, client_id


class Interrupted(BaseException):
    """As a time limit raises it in a thread, at any bytecode."""


@pytest.fixture
def kept() -> Any:
    with broker_at(jobs_conf().redis_url) as broker:
        yield broker._kept


def echo(connection: Any, text: str) -> Any:
    connection.send_command("ECHO", text)
    return connection.read_response()


def test_one_connection_serves_calls_that_follow_each_other(kept: KeptConnections) -> None:
    assert len({kept.ask(client_id) for _ in range(3)}) == 1


def test_calls_at_the_same_time_have_their_own(kept: KeptConnections) -> None:
    def both(outer: Any) -> tuple[int, int]:
        return kept.ask(client_id), client_id(outer)

    assert len(set(kept.ask(both))) == 2


def test_an_error_of_the_server_is_an_answer(kept: KeptConnections) -> None:
    before = kept.ask(client_id)

    def unknown(connection: Any) -> Any:
        connection.send_command("NONSENSE")
        return connection.read_response()

    with pytest.raises(ResponseError):
        kept.ask(unknown)
    assert kept.ask(client_id) == before


def test_a_reply_that_nobody_has_read_answers_no_other_call(kept: KeptConnections) -> None:
    def sends_only(connection: Any) -> None:
        connection.send_command("ECHO", "of the interrupted call")
        raise Interrupted

    with pytest.raises(Interrupted):
        kept.ask(sends_only)
    assert kept.ask(lambda connection: echo(connection, "of the next")) == "of the next"


def test_a_fork_leaves_them_to_its_parent(kept: KeptConnections) -> None:
    of_parent = kept.ask(client_id)
    read, write = os.pipe()
    if not (child := os.fork()):
        with os.fdopen(write, "w") as said:
            said.write(str(kept.ask(client_id)))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as said:
        assert int(said.read()) != of_parent
    os.waitpid(child, 0)
    assert kept.ask(client_id) == of_parent


def test_idle_ones_are_closed_with_those_of_the_pool(broker: RedisBroker) -> None:
    of_both = [kept.ask(client_id) for kept in (broker._kept, broker._kept_blocking)]
    broker.disconnect_idle()
    after = [kept.ask(client_id) for kept in (broker._kept, broker._kept_blocking)]
    assert set(of_both).isdisjoint(after)
