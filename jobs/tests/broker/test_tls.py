"""Redis by TLS with a private authority: one server, behind Sentinels, and in a cluster."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from jobs.core.errors import BrokerUnavailable, BrokerUnsuitable
from jobs.tests.broker.own_servers import broker_at, cache_at, keeps, serves
from jobs.tests.waiting import wait_until
from scheduler.http.health_views import _ask
from tools.ports import free_port
from tools.servers.certificates import Certificates, Pair
from tools.servers.valkey_groups.member import Member
from tools.servers.valkey_groups.sentinels import SERVICE, Sentinel

PASSWORD = "p%40ss"  # as a URL has it
OWN = "p@ss"
USER = {"user jobs": f"on >{OWN} ~{{jobs}}:* &{{jobs}}:* +@all"}
KINDS = ("one", "sentinel", "cluster")


class Servers(NamedTuple):
    """A server that a Sentinel watches, and a cluster of one node; with TLS alone."""

    tls: Certificates
    one: Member
    sentinel: Sentinel
    node: Member

    def url(self, kind: str, query: str, scheme: str = "rediss") -> str:
        """The URL of one of the KINDS."""
        own = f"jobs:{PASSWORD}@127.0.0.1"
        match kind:
            case "sentinel":
                more = f"?sentinel_password={OWN}&{query}".rstrip("&")
                return f"{scheme}+sentinel://{own}:{self.sentinel.port}/{SERVICE}/0{more}"
            case "cluster":
                return f"{scheme}+cluster://{own}:{self.node.port}?{query}".rstrip("?")
        return f"{scheme}://{own}:{self.one.port}/0?{query}".rstrip("?")

    def show(self, pair: Pair) -> None:
        """Both servers prove themselves with this certificate from now on; not the Sentinel."""
        files = "tls-cert-file", str(pair.certificate), "tls-key-file", str(pair.key)
        for server in (self.one, self.node):
            server.order("CONFIG", "SET", *files)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    home = tmp_path_factory.mktemp("tls")
    tls = Certificates(home / "certificates")
    one = Member(home / "one", OWN, USER, tls)
    watched = {
        "sentinel monitor": f"{SERVICE} 127.0.0.1 {one.port} 1",
        f"sentinel auth-pass {SERVICE}": OWN,
    }
    alone = {"cluster-enabled": "yes", "cluster-port": free_port(), "tls-cluster": "yes", **USER}
    servers = Servers(
        tls,
        one,
        Sentinel(home / "sentinel", OWN, watched, tls),
        Member(home / "node", OWN, alone, tls),
    )
    started = (servers.one, servers.sentinel, servers.node)
    try:
        for server in started:
            server.start()
        servers.node.order("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        wait_until(lambda: servers.node.order("CLUSTER INFO")["cluster_state"] == "ok")
        yield servers
    finally:
        for server in started:
            server.stop()


@pytest.fixture
def servers(running: Servers) -> Iterator[Servers]:
    """The same for each test, with their own certificate again afterwards."""
    yield running
    running.show(Pair(*(running.tls.authority.with_name(f"localhost.{end}") for end in ENDS)))


ENDS = ("crt", "key")


@pytest.fixture
def trusted(servers: Servers) -> str:
    return f"ssl_ca_certs={servers.tls.authority}"


def refusal_of(url: str) -> str:
    with broker_at(url) as broker, pytest.raises(BrokerUnsuitable) as refused:
        broker.ping()
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert OWN not in sentence
    return sentence


@pytest.mark.parametrize("kind", KINDS)
def test_the_broker_and_the_cache_go_by_it(servers: Servers, trusted: str, kind: str) -> None:
    url = servers.url(kind, trusted)
    with broker_at(url) as broker:
        assert serves(broker)
        subscription = broker.subscribe()
        subscription.close()
    assert keeps(cache_at(url))


@pytest.mark.parametrize("kind", KINDS)
def test_another_authority_is_refused(
    servers: Servers, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Certificates(tmp_path).authority
    # What is named is trusted alone, even if this machine trusts the authority of the server.
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.tls.authority))
    assert "is not signed by the authority in" in refusal_of(
        servers.url(kind, f"ssl_ca_certs={other}")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_for_another_name_is_refused(
    servers: Servers, trusted: str, kind: str
) -> None:
    servers.show(servers.tls.pair_for("redis.example.test", "192.0.2.1"))
    assert "is for another name" in refusal_of(servers.url(kind, trusted))
    with broker_at(servers.url(kind, f"{trusted}&ssl_check_hostname=false")) as broker:
        assert serves(broker)


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_without_tls_is_told_to_use_it(servers: Servers, kind: str) -> None:
    assert "takes connections by TLS alone: begin REDIS_URL with rediss" in refusal_of(
        servers.url(kind, "", scheme="redis")
    )


def test_a_server_without_tls_is_told_from_one_that_is_away(
    servers: Servers, trusted: str, settings: Settings
) -> None:
    url = settings.JOBS_REDIS_URL.replace("redis://", "rediss://")
    assert "answers without TLS" in refusal_of(f"{url}?{trusted}")
    with (
        broker_at(f"rediss://127.0.0.1:{free_port()}/0?{trusted}") as broker,
        pytest.raises(BrokerUnavailable) as away,
    ):
        broker.ping()
    assert not isinstance(away.value, BrokerUnsuitable)


def test_a_certificate_that_has_expired_is_an_outage(servers: Servers, trusted: str) -> None:
    """A new one ends it. Workers start meanwhile, and take jobs from PostgreSQL."""
    servers.show(servers.tls.pair_for("127.0.0.1", has_expired=True))
    with (
        broker_at(servers.url("one", trusted)) as broker,
        pytest.raises(BrokerUnavailable, match="is not valid now: certificate has expired") as away,
    ):
        broker.ping()
    assert not isinstance(away.value, BrokerUnsuitable)


def test_a_server_may_ask_for_a_certificate_of_the_client(servers: Servers, trusted: str) -> None:
    servers.one.order("CONFIG", "SET", "tls-auth-clients", "yes")
    try:
        assert "asks for a certificate of the client" in refusal_of(servers.url("one", trusted))
        pair = servers.tls.pair_for("worker.example.test")
        own = f"ssl_certfile={pair.certificate}&ssl_keyfile={pair.key}"
        with broker_at(servers.url("one", f"{trusted}&{own}")) as broker:
            assert serves(broker)
    finally:
        servers.one.order("CONFIG", "SET", "tls-auth-clients", "optional")


def test_the_password_and_the_user_count_as_ever(servers: Servers, trusted: str) -> None:
    for wrong in (f"jobs:{PASSWORD}x", f"nobody:{PASSWORD}"):
        url = servers.url("one", trusted).replace(f"jobs:{PASSWORD}", wrong)
        with broker_at(url) as broker, pytest.raises(BrokerUnavailable) as refused:
            broker.ping()
        assert "username-password" in str(refused.value)
        assert not isinstance(refused.value, BrokerUnsuitable)


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_not_start_and_health_says_why(
    servers: Servers, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.JOBS_REDIS_URL = servers.url("one", "", scheme="redis")
    with pytest.raises(CommandError, match="begin REDIS_URL with rediss") as refusal:
        call_command("runworker")
    assert refusal.value.returncode == 2
    assert _ask() == {"status": "degraded", "postgresql": "ok", "redis": "unsuitable"}
    assert "by TLS alone" in caplog.text
