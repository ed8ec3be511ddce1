"""URLs with passwords: taken apart, or refused in one sentence that shows no part of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from django.core.exceptions import ImproperlyConfigured

from scheduler.database_url import database_settings
from scheduler.mail import mail_settings_of_url
from scheduler.server_urls import mail_url, redis_url
from scheduler.variables import Variables
from tools.servers.certificates import Certificates

SECRET = "SeCrEt"

READERS: dict[str, tuple[str, Callable[[Variables], Any]]] = {
    "DATABASE_URL": ("postgres", database_settings),
    "REDIS_URL": ("redis", redis_url),
    "EMAIL_URL": ("smtp", mail_url),
}


def read(name: str, url: str) -> Any:
    return READERS[name][1](Variables({name: url}))


def refusal(name: str, url: str) -> str:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(name, url)
    sentence = str(refused.value)
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert SECRET not in sentence
    return sentence


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("character", ["/", "?", "#"])
def test_a_raw_character_that_ends_the_host(name: str, character: str) -> None:
    scheme, _ = READERS[name]
    end = "" if name == "EMAIL_URL" else "/0"
    for credentials in (f"user:{SECRET}{character}{SECRET}", f"u{character}r:{SECRET}"):
        assert "%2F, %3F, %23" in refusal(name, f"{scheme}://{credentials}@host{end}")


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "rest",
    [
        f"user:{SECRET}@host:0/0",
        f"user:{SECRET}@host:65536/0",
        f"user:{SECRET}@host:{SECRET}/0",
        f"user:{SECRET}@host:/0",
        f"user:{SECRET}@ho st/0",
        f"user:{SECRET}@[::1/0",
        f"user:{SECRET}\n@host/0",
        f"user:{SECRET}%00@host/0",
        f"user:{SECRET}%ff@host/0",
        f"user:{SECRET}@host/0?{SECRET}",
        f"user:{SECRET}@host/0?unknown={SECRET}",
        f"user:{SECRET}@host/0#x",
        f"user:{SECRET}@host/0?sslmode={SECRET}&sslmode=require",
        "",
    ],
)
def test_a_url_that_is_refused(name: str, rest: str) -> None:
    refusal(name, f"{READERS[name][0]}://{rest}")


@pytest.mark.parametrize("name", READERS)
def test_a_scheme_that_is_none(name: str) -> None:
    for url in (SECRET, f"mysql://user:{SECRET}@host/name", f"redis:{SECRET}", "://", "http://x"):
        refusal(name, url)


@pytest.mark.parametrize(
    ("rest", "settings"),
    [
        ("u:p@h/n", {"NAME": "n", "USER": "u", "PASSWORD": "p", "HOST": "h", "PORT": ""}),
        ("u@h:1/n", {"NAME": "n", "USER": "u", "PASSWORD": "", "HOST": "h", "PORT": "1"}),
        ("u:p%2F%3F%23%40@h/n", {"PASSWORD": "p/?#@"}),
        ("u:p@p:p[]+é$@h/n", {"PASSWORD": "p@p:p[]+é$", "USER": "u"}),
        ("u:p@[::1]:5433/n", {"HOST": "::1", "PORT": "5433"}),
        ("u:p@[fe80::1%25eth0]/n", {"HOST": "fe80::1%eth0"}),
        ("u:p@[fe80::1%eth0]/n", {"HOST": "fe80::1%eth0"}),
        (
            "u:p@a:1,b:2/n",
            {
                "HOST": "a,b",
                "PORT": "1,2",
                "OPTIONS": {"target_session_attrs": "read-write", "connect_timeout": "2"},
            },
        ),
        (
            "u:p@a,[::1]:5433/n?target_session_attrs=primary&connect_timeout=9",
            {
                "HOST": "a,::1",
                "PORT": "5432,5433",
                "OPTIONS": {"target_session_attrs": "primary", "connect_timeout": "9"},
            },
        ),
        ("u:p@a,b/n", {"HOST": "a,b", "PORT": ""}),
        (
            "/n?host=a,b",
            {
                "OPTIONS": {
                    "host": "a,b",
                    "target_session_attrs": "read-write",
                    "connect_timeout": "2",
                }
            },
        ),
        ("u:p@a/n?target_session_attrs=any", {"OPTIONS": {"target_session_attrs": "any"}}),
        ("/var/run/postgresql/n", {"HOST": "/var/run/postgresql", "NAME": "n"}),
        ("u@%2Fvar%2Frun/n", {"HOST": "/var/run", "NAME": "n"}),
        ("u@h/n?sslmode=require", {"OPTIONS": {"sslmode": "require"}}),
        (
            "u@h/n?DISABLE_SERVER_SIDE_CURSORS=true",
            {"DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": {}},
        ),
    ],
)
def test_a_database(rest: str, settings: dict[str, Any]) -> None:
    found = read("DATABASE_URL", f"postgres://{'/' if rest[0] == '/' else ''}{rest}")
    assert {name: found[name] for name in settings} == settings


@pytest.mark.parametrize("attributes", ["standby", "prefer-standby", "read-only", "READ-WRITE", ""])
def test_sessions_that_could_not_write(attributes: str) -> None:
    url = f"postgres://u:{SECRET}@a,b/n?target_session_attrs={attributes}"
    assert "target_session_attrs=read-write" in refusal("DATABASE_URL", url)


@pytest.mark.parametrize("option", ["connect_timeout=soon", "DISABLE_SERVER_SIDE_CURSORS=maybe"])
def test_an_option_of_the_database_that_is_no_number(option: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        read("DATABASE_URL", f"postgres://u@h/n?{option}")


@pytest.mark.parametrize(
    "option",
    [
        *(f"channel_binding={SECRET}", f"sslnegotiation={SECRET}", f"load_balance_hosts={SECRET}"),
        *(f"require_auth={SECRET}", f"ssl_min_protocol_version={SECRET}", f"gssencmode={SECRET}"),
        *(f"scram_client_key={SECRET}", f"port={SECRET}", "port=1,2", f"hostaddr={SECRET}"),
    ],
)
def test_an_option_that_libpq_would_refuse_at_every_connection(option: str) -> None:
    sentence = refusal("DATABASE_URL", f"postgres://u@/n?sslmode=require&{option}")
    assert f"has the option {option.partition('=')[0]!r}" in sentence


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", f"postgres://u:p@h/n?dbname={SECRET}"),
        ("DATABASE_URL", f"postgres://u:p@h/n?user={SECRET}"),
        ("DATABASE_URL", f"postgres://u:p@h/n?password={SECRET}"),
        ("DATABASE_URL", "postgres://u:p@h/n?client_encoding=latin1"),
        ("DATABASE_URL", "postgres://u:p@h/n?replication=database"),
        ("REDIS_URL", "redis://h/0?protocol=9"),
        ("REDIS_URL", "redis://h/0?client_name=a%20b"),
    ],
)
def test_an_option_with_which_nothing_would_work(name: str, url: str) -> None:
    option = url.partition("?")[2].partition("=")[0]
    assert f"has the option {option!r}" in refusal(name, url)


def test_two_options_that_do_not_fit_together() -> None:
    sentence = refusal("DATABASE_URL", f"postgres://u:{SECRET}@h/n?sslnegotiation=direct")
    assert "has the option 'sslnegotiation' with a value" in sentence


def test_a_variable_that_libpq_reads_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCHANNELBINDING", SECRET)
    assert "begin with PG" in refusal("DATABASE_URL", f"postgres://u:{SECRET}@h/n")


@pytest.mark.parametrize(
    "options",
    [
        "sslmode=verify-full&sslrootcert=system&sslnegotiation=direct",
        "hostaddr=192.0.2.1&channel_binding=require&require_auth=scram-sha-256",
        "host=a,b&port=1,2&load_balance_hosts=random",
        "gssencmode=disable&application_name=x&options=-cwork_mem%3D8MB",
    ],
)
def test_options_of_libpq_that_are_good(options: str) -> None:
    assert len(read("DATABASE_URL", f"postgres://u@/n?{options}")["OPTIONS"]) >= 3


@pytest.mark.parametrize("password", ["p", "p[", "p]", "p@p", "pé", "p℀", "p:p", "p%2Fp", "%25"])
def test_the_client_understands_a_url_of_redis(password: str) -> None:
    url = read("REDIS_URL", f"redis://:{password}@h:1/2")

    pool = redis.ConnectionPool.from_url(url)

    expected = password.replace("%2F", "/").replace("%25", "%")
    assert pool.connection_kwargs["password"] == expected
    assert (pool.connection_kwargs["host"], pool.connection_kwargs["db"]) == ("h", 2)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://:p@h1:26379,h2/primary/1?sentinel_password=s",
        "rediss+sentinel://u:p@h1/primary?ssl_cert_reqs=required",
        "redis+cluster://:p@h1:6379,[::1]:7000",
        "rediss+cluster://u:p%40@h1/0",
    ],
)
def test_several_servers_of_redis(url: str) -> None:
    assert read("REDIS_URL", url) == url


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://h1,h2",
        "redis+sentinel:///primary",
        "redis+sentinel://h1/primary/x",
        "redis+cluster://h1/3",
        "redis+cluster://h1?sentinel_password=s",
        "redis://h1,h2/0",
    ],
)
def test_several_servers_of_redis_that_make_no_sense(url: str) -> None:
    refusal("REDIS_URL", url)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def test_files_of_tls_that_fit(tls: Certificates) -> None:
    pair = tls.pair_for("client")
    redis_tls = f"ssl_ca_certs={tls.authority}&ssl_certfile={pair.certificate}"
    for scheme, end in (("rediss", "/0"), ("rediss+sentinel", "/primary"), ("rediss+cluster", "")):
        url = f"{scheme}://u:p@h{end}?{redis_tls}&ssl_keyfile={pair.key}"
        assert read("REDIS_URL", url) == url
    database_tls = f"sslrootcert={tls.authority}&sslcert={pair.certificate}&sslkey={pair.key}"
    found = read("DATABASE_URL", f"postgres://u@h/n?sslmode=verify-full&{database_tls}")
    assert found["OPTIONS"]["sslrootcert"] == str(tls.authority)
    read("DATABASE_URL", "postgres://u@h/n?sslmode=verify-full&sslrootcert=system")


@pytest.mark.parametrize(
    ("name", "url", "said"),
    [
        ("REDIS_URL", "rediss://h/0?ssl_ca_certs=/no.pem", "'/no.pem' as ssl_ca_certs, which"),
        ("REDIS_URL", "rediss+cluster://h?ssl_ca_certs=/no.pem", "No such file"),
        ("REDIS_URL", "rediss+sentinel://h/p?ssl_ca_certs=/", "Is a directory"),
        ("REDIS_URL", "rediss://h/0?ssl_ca_certs={key}", "has no certificate"),
        ("REDIS_URL", "rediss://h/0?ssl_ca_certs={old}", "has expired"),
        ("REDIS_URL", "redis://h/0?ssl_ca_certs={ca}", "begin it with rediss://"),
        ("REDIS_URL", "redis+cluster://h?ssl_ca_certs={ca}", "begin it with rediss+cluster://"),
        ("REDIS_URL", "unix:///run/r.sock?ssl_ca_certs={ca}", "a socket has no TLS"),
        ("REDIS_URL", "rediss://h/0?ssl_cert_reqs=maybe", "none, optional, required"),
        ("REDIS_URL", "rediss://h/0?ssl_check_hostname=off", "true, false"),
        ("REDIS_URL", "rediss://h/0?ssl_keyfile={key}", "and no 'ssl_certfile'"),
        ("REDIS_URL", "rediss://h/0?ssl_certfile={crt}&ssl_keyfile=/no.key", "No such file"),
        ("REDIS_URL", "rediss://h/0?ssl_certfile={crt}", "not a certificate (PEM) and its key"),
        ("REDIS_URL", "rediss://h/0?ssl_certfile={crt}&ssl_keyfile={other}", "and its key"),
        ("DATABASE_URL", "postgres://u@h/n?sslmode=verify", "verify-ca, verify-full"),
        ("DATABASE_URL", "postgres://u@h/n?sslrootcert={ca}", "sslmode=prefer does not use"),
        (
            "DATABASE_URL",
            "postgres://u@h/n?sslmode=verify-ca&sslrootcert=system",
            "add sslmode=verify-full",
        ),
        (
            "DATABASE_URL",
            "postgres://u@h/n?sslmode=verify-full&sslrootcert=/no.pem",
            "'/no.pem' as sslrootcert, which cannot be read (No such file or directory)",
        ),
        ("DATABASE_URL", "postgres://u@h/n?sslcert={crt}", "and no 'sslkey'"),
        ("DATABASE_URL", "postgres://u@h/n?sslcert={crt}&sslkey={other}", "and its key"),
        ("DATABASE_URL", "postgres://u@h/n?sslcert={crt}&sslkey={open}", "may be read by others"),
    ],
)
def test_tls_that_cannot_work(
    tls: Certificates, tmp_path: Path, name: str, url: str, said: str
) -> None:
    pair, other, old = (
        tls.pair_for("a"),
        tls.pair_for("b"),
        Certificates(tmp_path, has_expired=True),
    )
    open_key = tmp_path / "open.key"
    open_key.write_bytes(pair.key.read_bytes())
    open_key.chmod(0o644)
    files = {"ca": tls.authority, "crt": pair.certificate, "key": pair.key, "other": other.key}
    assert said in refusal(name, url.format(**files, old=old.authority, open=open_key))


def test_a_key_with_a_passphrase_does_not_wait_at_the_terminal(
    tls: Certificates, tmp_path: Path
) -> None:
    pair = tls.pair_for("a")
    key = load_pem_private_key(pair.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.touch(mode=0o600)
    locked.write_bytes(
        key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())
        )
    )
    own = f"ssl_certfile={pair.certificate}&ssl_keyfile={locked}"
    assert "without a passphrase" in refusal("REDIS_URL", f"rediss://h/0?{own}")
    url = f"postgres://u@h/n?sslcert={pair.certificate}&sslkey={locked}"
    assert "without a passphrase" in refusal("DATABASE_URL", url)
    read("DATABASE_URL", f"{url}&sslpassword={SECRET}")


def test_a_socket_of_redis() -> None:
    assert read("REDIS_URL", "unix:///run/redis.sock?db=3") == "unix:///run/redis.sock?db=3"


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        ("smtp://h:1", {"EMAIL_HOST": "h", "EMAIL_PORT": 1, "EMAIL_USE_TLS": False}),
        ("smtp+tls://u:p%2F@h", {"EMAIL_HOST_PASSWORD": "p/", "EMAIL_USE_TLS": True}),
        ("smtp+ssl://u:p@h", {"EMAIL_USE_SSL": True, "EMAIL_PORT": 465}),
        ("filemail:///tmp/mails", {"EMAIL_FILE_PATH": "/tmp/mails"}),
        ("consolemail://", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
    ],
)
def test_a_mail_server(url: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scheduler.mail.django.VERSION", (5, 2))
    found = mail_settings_of_url(read("EMAIL_URL", url))
    assert {name: found[name] for name in settings} == settings
