"""Tokens of an outside issuer: accepted by configuration, whatever they say of themselves."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from rest_framework.test import APIClient

from accounts import outside_keys, outside_tokens
from accounts.checked_tokens import checked_tokens
from accounts.key_set import parsed_jwks
from accounts.models import User
from accounts.outside_issuer import IssuerRefused, OutsideIssuer, read_outside_issuer
from accounts.services.sessions import user_log_out_everywhere
from accounts.tests.keys import private_key
from accounts.tests.problem import problem
from tools.waiting import wait_until

pytestmark = pytest.mark.django_db

ISSUER = "https://id.example.com/realms/team"
AUDIENCE = "jobs"
SECONDS = 20.0


@pytest.fixture(scope="module")
def key() -> Any:
    return private_key("RS256")


@pytest.fixture(scope="module")
def other_key() -> Any:
    return private_key("EdDSA")


def jwk(key: Any, key_id: str | None) -> dict[str, Any]:
    is_rsa = hasattr(key, "key_size")
    algorithm: Any = jwt.get_algorithm_by_name("RS256" if is_rsa else "EdDSA")
    named = {} if key_id is None else {"kid": key_id}
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), **named, "use": "sig"}


class Provider:
    """A server of key sets, that counts how often it is asked."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"{}", {}  # type: int, bytes, dict[str, str]
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                provider.may_answer.wait(SECONDS)
                self.send_response(provider.status)
                for name, value in provider.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(provider.body)))
                self.end_headers()
                self.wfile.write(provider.body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, *keys: dict[str, Any]) -> None:
        self.body = json.dumps({"keys": list(keys)}).encode()


@pytest.fixture
def provider(settings: Any, key: Any) -> Iterator[Provider]:
    made = Provider()
    made.publish(jwk(key, "one"))
    settings.OIDC = OutsideIssuer(ISSUER, AUDIENCE, made.url, "preferred_username")
    outside_tokens._held.clear()
    yield made
    made.server.shutdown()
    made.server.server_close()
    outside_tokens._held.clear()


def token(key: Any, key_id: str | None = "one", **changes: Any) -> str:
    now = int(time.time())
    headers = ({} if key_id is None else {"kid": key_id}) | changes.pop("headers", {})
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "f81d", "iat": now, "exp": now + 300}
    claims |= {"preferred_username": "rose"} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, "RS256" if hasattr(key, "key_size") else "EdDSA", headers)


def call(raw: str, path: str = "/jobs") -> Any:
    client = APIClient(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {raw}")
    return client.get(path)


def test_a_token_of_the_issuer_is_its_account_s(provider: Provider, user: User, key: Any) -> None:
    for _ in range(3):
        checked_tokens.clear()
        assert call(token(key)).status_code == 200

    assert provider.asked == ["/jwks"]


def test_without_configuration_nobody_else_is_believed(user: User, key: Any) -> None:
    problem(call(token(key)), 401, "token_not_valid")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-service"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"exp": float("inf")},
        {"iat": None},
        {"iat": 2**63},
        {"nbf": 9_999_999_999},
        {"preferred_username": None},
        {"preferred_username": ""},
        {"preferred_username": 5},
        {"preferred_username": "x" * 151},
        {"preferred_username": "ro\x00se"},
        {"headers": {"kid": "two"}},
        {"headers": {"kid": ""}},
    ],
)
def test_a_token_that_is_not_for_us(
    provider: Provider, user: User, key: Any, changes: dict[str, Any]
) -> None:
    problem(call(token(key, **changes)), 401, "token_not_valid")


def test_what_a_token_says_of_its_keys_is_not_looked_at(
    provider: Provider, user: User, other_key: Any
) -> None:
    elsewhere = provider.url.replace("/jwks", "/thief")
    for header in ({"jku": elsewhere}, {"jwk": jwk(other_key, "one")}, {"x5u": elsewhere}):
        problem(call(token(other_key, headers=header)), 401, "token_not_valid")
    problem(call(token(other_key)), 401, "token_not_valid")

    assert set(provider.asked) == {"/jwks"}


def test_a_shared_secret_among_the_keys_is_none(provider: Provider, user: User) -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "one"}
    provider.publish(secret | {"alg": "HS256"})
    claims = jwt.decode(token(private_key("EdDSA")), options={"verify_signature": False})
    raw = jwt.encode(claims, b"secret-secret-secret-secret-secret", "HS256", {"kid": "one"})

    problem(call(raw), 401, "token_not_valid")


def test_a_new_key_is_fetched_when_its_first_token_comes(
    provider: Provider, user: User, key: Any, other_key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(token(key)).status_code == 200
    provider.publish(jwk(key, "one"), jwk(other_key, "two"))
    # Anybody may send such a token: the issuer is asked once in a while.
    for _ in range(3):
        problem(call(token(other_key, "two")), 401, "token_not_valid")
    assert len(provider.asked) == 1

    monkeypatch.setattr(outside_keys, "RETRY_SECONDS", 0.0)

    assert call(token(other_key, "two")).status_code == 200


@pytest.mark.parametrize("key_id", [None, "one"])
def test_keys_that_no_id_tells_apart_are_all_believed(
    provider: Provider, user: User, key: Any, other_key: Any, key_id: str | None
) -> None:
    second = private_key("RS256")
    provider.publish(*(jwk(one, key_id) for one in (key, second, other_key)))

    for one in (key, second, other_key):
        assert call(token(one, key_id)).status_code == 200
    problem(call(token(private_key("RS256"), key_id)), 401, "token_not_valid")


def test_a_token_that_names_no_key_may_be_of_any(
    provider: Provider, user: User, key: Any, other_key: Any
) -> None:
    provider.publish(jwk(other_key, "one"), jwk(key, "two"))

    assert call(token(key, None)).status_code == 200


@pytest.mark.parametrize("known", [0, 1], ids=["at the start", "a new key"])
def test_calls_wait_for_the_keys_that_one_of_them_fetches(
    provider: Provider, settings: Any, key: Any, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    keys = outside_keys.OutsideKeys(settings.OIDC)
    monkeypatch.setattr(outside_keys, "WAIT_SECONDS", SECONDS)
    if known:
        assert keys.find("one")
        keys._tried_at = None  # as if it had been long ago
        provider.publish(jwk(key, "one"), jwk(key, "two"))
    wanted = "two" if known else "one"
    provider.may_answer.clear()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(keys.find, wanted)
        wait_until(lambda: len(provider.asked) > known, SECONDS, "the keys are not fetched")
        second = pool.submit(keys.find, wanted)
        wait([second], timeout=0.2)  # it is done by then only if it does not wait
        provider.may_answer.set()

        assert [one.key_id for one in (*first.result(), *second.result())] == [wanted] * 2
    assert len(provider.asked) == known + 1


def test_they_do_not_wait_for_long(
    provider: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits on a thread of the API. What they are told is that nobody knows."""
    keys = outside_keys.OutsideKeys(settings.OIDC)
    monkeypatch.setattr(outside_keys, "WAIT_SECONDS", 0.1)
    provider.may_answer.clear()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(keys.find, "one")
        wait_until(lambda: bool(provider.asked), SECONDS, "the keys are not fetched")
        with pytest.raises(outside_keys.KeysUnavailable):
            keys.find("one")
        monkeypatch.setattr(outside_keys, "WAIT_SECONDS", SECONDS * 2)
        with pytest.raises(outside_keys.KeysUnavailable):
            keys.find("one")  # at once: the first one has waited in vain
        provider.may_answer.set()
        assert first.result()
    assert keys.find("one")


def test_a_new_key_while_the_issuer_is_away_may_be_good(
    provider: Provider, user: User, key: Any, other_key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(token(key)).status_code == 200
    monkeypatch.setattr(outside_keys, "RETRY_SECONDS", 0.0)
    provider.status = 500

    problem(call(token(other_key, "two")), 503, "issuer_unavailable")


def test_keys_that_were_fetched_serve_on_while_the_issuer_is_away(
    provider: Provider, user: User, key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(token(key)).status_code == 200
    monkeypatch.setattr(outside_keys, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(outside_keys, "FRESH_SECONDS", 0.0)
    provider.status = 500
    checked_tokens.clear()

    assert call(token(key)).status_code == 200
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (500, b"", {}),
        (200, b"<html>", {}),
        (200, b"[" * 9_000, {}),
        (200, b'{"keys": 5}', {}),
        (200, b'{"keys": {"kid": "one"}}', {}),
        (200, b" " * (outside_keys.BYTES_MAX + 1), {}),
        (302, b"", {"Location": "/elsewhere"}),
    ],
    ids=["error", "html", "deep", "odd", "no list", "large", "redirect"],
)
def test_an_issuer_that_does_not_tell_its_keys_is_an_outage(
    provider: Provider, user: User, key: Any, status: int, body: bytes, headers: dict[str, str]
) -> None:
    provider.status, provider.body, provider.headers = status, body, headers

    refused = call(token(key))

    problem(refused, 503, "issuer_unavailable")
    assert int(refused["Retry-After"]) > 0
    assert provider.asked == ["/jwks"]


@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_issuer_that_sends_a_byte_now_and_then_holds_nobody_up(
    settings: Any, user: User, key: Any, begins: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_keys, "TIMEOUT_SECONDS", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    cut_off = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(begins)
            try:
                for _ in range(600):  # a minute, if nobody ends it
                    time.sleep(0.1)
                    connection.sendall(b" ")
            except OSError:
                cut_off.set()

    threading.Thread(target=drip, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks"
    settings.OIDC = OutsideIssuer(ISSUER, AUDIENCE, url, "preferred_username")
    outside_tokens._held.clear()
    with listener:
        problem(call(token(key)), 503, "issuer_unavailable")
        assert cut_off.wait(10)
    outside_tokens._held.clear()


def test_keys_in_a_file(settings: Any, user: User, key: Any, tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [jwk(key, "one")]}))
    given = {"OIDC_ISSUER": ISSUER, "OIDC_AUDIENCE": AUDIENCE, "OIDC_JWKS": str(path)}
    given["OIDC_USERNAME_CLAIM"] = "preferred_username"
    settings.OIDC = read_outside_issuer(given, may_create=False)
    outside_tokens._held.clear()

    assert call(token(key)).status_code == 200


def test_an_account_that_there_is_not(provider: Provider, settings: Any, key: Any) -> None:
    problem(call(token(key)), 401, "user_not_found")
    assert not User.objects.exists()

    settings.OIDC = OutsideIssuer(
        ISSUER, AUDIENCE, provider.url, "preferred_username", may_create=True
    )

    assert call(token(key)).status_code == 200
    made = User.objects.get()
    assert (made.username, made.has_usable_password(), made.is_staff) == ("rose", False, False)
    for looks_alike in ("ROSE", "a b"):
        odd = token(key, preferred_username=looks_alike)
        problem(call(odd), 401, "user_not_found")
    assert User.objects.count() == 1


def test_a_closed_account_and_one_that_logged_out_everywhere(
    provider: Provider, user: User, key: Any
) -> None:
    raw = token(key)
    user_log_out_everywhere(user=user)
    problem(call(raw), 401, "token_not_valid")
    assert call(token(key, iat=int(time.time()) + 20)).status_code == 200
    user.is_active = False
    user.save()
    problem(call(token(key)), 401, "user_inactive")


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"scope": "openid profile"}, 200),
        ({"scope": "openid jobs:read"}, 200),
        ({"scp": ["jobs:read"]}, 200),
        ({"scope": "openid jobs:write"}, 403),
        ({"scp": ["dlq:read"]}, 403),
        ({"scope": 5}, 200),
        ({"scope": {"a": 1}}, 200),
    ],
)
def test_our_scopes_in_its_tokens_narrow(
    provider: Provider, user: User, key: Any, claims: dict[str, Any], status: int
) -> None:
    assert call(token(key, **claims)).status_code == status


RIGHT = {"OIDC_ISSUER": ISSUER, "OIDC_AUDIENCE": AUDIENCE, "OIDC_JWKS": "https://id.example.com/k"}


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"OIDC_AUDIENCE": ""}, "OIDC_AUDIENCE is not set"),
        ({"OIDC_ISSUER": ""}, "OIDC_ISSUER is not set"),
        ({"OIDC_JWKS": ""}, "OIDC_JWKS is not set"),
        ({"OIDC_JWKS": "http://id.example.com/k"}, "https://"),
        ({"OIDC_JWKS": "http://169.254.169.254/k"}, "https://"),
        ({"OIDC_JWKS": "https://rose:s3cr3t@id.example.com/k"}, "without user"),
        ({"OIDC_JWKS": "https://[/k"}, "https:// address"),
        ({"OIDC_JWKS": "file:///etc/passwd"}, "OIDC_JWKS must"),
        ({"OIDC_JWKS": "jwks.json"}, "OIDC_JWKS must"),
        ({"OIDC_JWKS": "/nowhere/jwks.json"}, "no key set"),
        ({"OIDC_USERNAME_CLAIM": "a b"}, "OIDC_USERNAME_CLAIM"),
    ],
)
def test_an_issuer_that_cannot_work(change: dict[str, str], advice: str) -> None:
    pytest.importorskip("cryptography")
    with pytest.raises(IssuerRefused, match=advice) as refused:
        read_outside_issuer({"OIDC_USERNAME_CLAIM": ""} | RIGHT | change, may_create=False)

    assert "s3cr3t" not in str(refused.value)


def test_an_issuer_that_works() -> None:
    found = read_outside_issuer(RIGHT | {"OIDC_USERNAME_CLAIM": ""}, may_create=True)

    assert found is not None
    assert (found.username_claim, found.may_create, found.is_file) == ("sub", True, False)
    assert read_outside_issuer(dict.fromkeys(RIGHT, ""), may_create=True) is None


def test_a_key_with_an_odd_id_spoils_no_other(key: Any) -> None:
    odd = [{**jwk(key, "x"), "kid": kid} for kid in (["a"], {"a": 1}, 1)]
    content = json.dumps({"keys": [*odd, jwk(key, "one")]}).encode()
    assert [one.key_id for one in parsed_jwks(content)] == ["one"]
