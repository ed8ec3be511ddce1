"""A token that is signed and odd, or a header that is, is a 401 and no failure."""

import base64
import time
from typing import Any

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from accounts.services.sessions import session_start
from accounts.tests.conftest import Post
from accounts.tests.problem import problem

pytestmark = pytest.mark.django_db

_TEXTS = ["", "abc", "0", "-1", "1 ", "01", "１", "1.0", "1\x00", str(2**63), "9" * 5_000]  # noqa: RUF001
_CONTAINERS: list[Any] = [[], {}, ["1"]]
_NUMBERS = [True, 1.5, 1e300, float("inf"), float("nan"), 10**400, -1]
_ODD_VALUES: dict[str, list[Any]] = {
    "user_id": [*_TEXTS, *_CONTAINERS, *_NUMBERS, None, 1.0, 0, 2**63],
    "exp": [*_TEXTS, *_CONTAINERS, *_NUMBERS, None, "9999999999", 10**15, 9_999_999_999.5],
    "iat": [*_TEXTS, *_CONTAINERS, *_NUMBERS, None],
    "nbf": [*_CONTAINERS, "x", float("inf"), 10**400, 9_999_999_999],
    "jti": [*_CONTAINERS, None, 1, "", "a b", "j" * 256, "\ud800"],
    "token_type": [*_CONTAINERS, None, 1, "refresh", "ACCESS"],
    "sid": [*_CONTAINERS, 1, "", "x", True, "0" * 32],
    "hash_password": [*_CONTAINERS, None, 1, ""],
    "scope": [*_CONTAINERS, 1, True, " jobs:read", "jobs:read  jobs:write", "jobs:read\n", "é"],
    "sub": [*_CONTAINERS, 1],
}
ODD = [(claim, value) for claim, values in _ODD_VALUES.items() for value in values]


def signed(claims: dict[str, Any], **headers: Any) -> str:
    """The claims, signed with the key of this service."""
    return jwt.encode(claims, settings.SECRET_KEY, "HS256", headers=headers or None)


def as_bytes_that_pyjwt_would_not_write(claims: dict[str, Any]) -> str:
    """Signed, past the checks that the library makes when it writes."""
    payload = jwt.api_jwt.PyJWT()._encode_payload(claims)
    key = settings.SECRET_KEY
    return jwt.api_jws.PyJWS().encode(payload, key, "HS256")


def call(authorization: str) -> Any:
    client = APIClient(raise_request_exception=False)
    return client.get("/jobs", HTTP_AUTHORIZATION=authorization)


def test_the_tokens_of_these_tests_would_be_good(user: User) -> None:
    token = AccessToken.for_user(user).payload
    assert call(f"Bearer {signed(token)}").status_code == 200
    assert call(f"Bearer {as_bytes_that_pyjwt_would_not_write(token)}").status_code == 200
    assert call(f"Bearer {signed(token | {'user_id': user.pk})}").status_code == 200


@pytest.mark.parametrize(("claim", "value"), ODD, ids=[f"{c} {str(v)[:20]!r}" for c, v in ODD])
def test_an_odd_claim(user: User, post: Post, claim: str, value: Any) -> None:
    claims = AccessToken.for_user(user).payload | {claim: value}
    response = call(f"Bearer {as_bytes_that_pyjwt_would_not_write(claims)}")

    problem(response, 401, "token_not_valid")
    assert response["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'
    refresh = session_start(user=user).refresh.payload | {claim: value}
    if (claim, value) != ("token_type", "refresh"):
        token = as_bytes_that_pyjwt_would_not_write(refresh)
        for path in ("/refreshToken", "/logout"):
            problem(post(path, {"refresh": token}), 401, "token_not_valid")


@pytest.mark.parametrize("claim", ["user_id", "exp", "iat", "jti", "token_type", "hash_password"])
def test_a_claim_that_is_missing(user: User, claim: str) -> None:
    claims = {k: v for k, v in AccessToken.for_user(user).payload.items() if k != claim}

    problem(call(f"Bearer {signed(claims)}"), 401, "token_not_valid")


@pytest.mark.parametrize("payload", [b"[]", b"1", b'"a"', b"null", b"", b"\xff", b"[" * 9_000])
def test_claims_that_are_no_object(user: User, payload: bytes) -> None:
    key = settings.SECRET_KEY
    token = jwt.api_jws.PyJWS().encode(payload, key, "HS256")

    problem(call(f"Bearer {token}"), 401, "token_not_valid")


HEADERS = [
    b"[" * 5_000,  # read before the signature is checked
    b"{" * 5_000,
    b"null",
    b'{"alg": ["HS256"]}',
    b'{"alg": {}}',
    b'{"alg": null}',
    b'{"alg": "none"}',
    b'{"alg": "RS256"}',
    b'{"alg": "HS256", "kid": 1}',
    b'{"alg": "HS256", "crit": ["x"]}',
    b'{"alg": "HS256", "b64": false}',
    b"\xff",
    b"",
]


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_a_header_of_a_token_that_nobody_signed(user: User, post: Post, header: bytes) -> None:
    _, claims, signature = str(AccessToken.for_user(user)).split(".")
    odd = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    token = f"{odd}.{claims}.{signature}"

    problem(call(f"Bearer {token}"), 401, "token_not_valid")
    problem(post("/refreshToken", {"refresh": token}), 401, "token_not_valid")


def test_a_token_of_another_user_and_session(user: User) -> None:
    other = User.objects.create_user("iris")
    pair = session_start(user=user)
    claims = pair.access.payload | {"user_id": str(other.pk)}

    problem(call(f"Bearer {signed(claims)}"), 401, "token_not_valid")


def test_a_token_that_is_not_valid_yet(user: User) -> None:
    claims = AccessToken.for_user(user).payload | {"nbf": int(time.time()) + 60}

    problem(call(f"Bearer {signed(claims)}"), 401, "token_not_valid")


def test_a_token_of_a_server_whose_clock_is_ahead(user: User, post: Post) -> None:
    ahead = {"iat": int(time.time()) + 5}
    pair = session_start(user=user)
    refresh = signed(pair.refresh.payload | ahead)

    assert call(f"Bearer {signed(pair.access.payload | ahead)}").status_code == 200
    assert post("/refreshToken", {"refresh": refresh}).status_code == 200
    far = AccessToken.for_user(user).payload | {"iat": int(time.time()) + 3_600}
    problem(call(f"Bearer {signed(far)}"), 401, "token_not_valid")


def test_a_token_has_no_time_after_its_end(user: User, post: Post) -> None:
    ended = {"exp": int(time.time()) - 1}
    pair = session_start(user=user)

    problem(call(f"Bearer {signed(pair.access.payload | ended)}"), 401, "token_not_valid")
    refresh = signed(pair.refresh.payload | ended)
    problem(post("/refreshToken", {"refresh": refresh}), 401, "token_not_valid")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_in_any_case(user: User, scheme: str) -> None:
    assert call(f"{scheme} {AccessToken.for_user(user)}").status_code == 200
    assert 'error="invalid_token"' in call(f"{scheme} noise")["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["", " ", "Basic cm9zZTpyb3Nl", "Bearerx y", "Token x"])
def test_nothing_is_blamed_where_no_token_came(header: str, db: None) -> None:
    response = call(header)

    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
