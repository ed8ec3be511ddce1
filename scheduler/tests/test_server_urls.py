"""URLs with passwords: taken apart, or refused in one sentence that shows no part of them."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured

from scheduler.mail import mail_settings_of_url
from scheduler.server_urls import database_settings, mail_url, redis_url
from scheduler.variables import Variables

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
        ("u:p@a:1,b:2/n", {"HOST": "a,b", "PORT": "1,2"}),
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


@pytest.mark.parametrize("option", ["connect_timeout=soon", "DISABLE_SERVER_SIDE_CURSORS=maybe"])
def test_an_option_of_the_database_that_is_no_number(option: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        read("DATABASE_URL", f"postgres://u@h/n?{option}")


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
        "rediss+sentinel://u:p@h1/primary?ssl_ca_certs=/ca.pem",
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
