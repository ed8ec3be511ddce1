"""What a URL of several servers says."""

from redis.connection import parse_url

from jobs.broker.pool import connection_pool
from jobs.broker.server_group import is_cluster, server_group
from jobs.broker.tls import EncryptedConnection


def test_one_server_is_no_group() -> None:
    assert server_group("redis://:p@h:1/0") is None
    assert server_group("unix:///run/redis.sock") is None
    assert not is_cluster("rediss://h")


def test_sentinels() -> None:
    url = "redis+sentinel://u:p%40@h1:1,[::1],h3/my%2Fprimary/2?protocol=3&sentinel_password=s%26"
    group = server_group(url)
    assert group is not None
    assert group.seeds == (("h1", 1), ("::1", 26379), ("h3", 26379))
    assert group.service == "my/primary"
    assert group.seed_options == {"password": "s&"}
    member = parse_url(group.member_url)
    assert (member["username"], member["password"]) == ("u", "p@")
    assert (member["db"], member["protocol"]) == (2, 3)
    assert not is_cluster(url)


def test_a_cluster_with_tls() -> None:
    url = "rediss+cluster://:p@h1,h2:7000?ssl_ca_certs=/ca.pem"
    group = server_group(url)
    assert group is not None
    assert (group.seeds, group.service) == ((("h1", 6379), ("h2", 7000)), "")
    assert is_cluster(url)
    pool = connection_pool(url, "{jobs}:", socket_timeout=2)
    connection = pool.connection_class(**pool.connection_kwargs)
    assert isinstance(connection, EncryptedConnection)
    assert connection.ca_certs == "/ca.pem"
    assert (connection.password, connection.socket_timeout) == ("p", 2)
