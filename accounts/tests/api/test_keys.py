"""Keys that are rotated: tokens of the last one are good until it is taken away."""

from pathlib import Path
from typing import Any

import jwt
import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken as LibraryToken

from accounts.checked_tokens import checked_tokens
from accounts.models import User
from accounts.services.sessions import session_start
from accounts.signing_keys import read_signing_keys
from accounts.tests.conftest import Post
from accounts.tests.keys import key_file, pem, private_key
from accounts.tests.problem import problem
from accounts.tokens import AccessToken

pytestmark = pytest.mark.django_db

OLD, NEW = f"old:HS256:{'o' * 40}", f"new:HS256:{'n' * 40}"


def use(settings: Any, *members: str) -> None:
    checked_tokens.clear()
    settings.JWT_SIGNING_KEYS = read_signing_keys(members, settings.SECRET_KEY)


def call(token: object) -> Any:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/jobs")


def test_a_rotation(user: User, post: Post, settings: Any) -> None:
    today = session_start(user=user)  # by SECRET_KEY
    use(settings, "SECRET_KEY", NEW)  # published everywhere before it signs
    assert jwt.get_unverified_header(str(AccessToken.for_user(user)))["kid"] == "secret-key"

    use(settings, NEW, "SECRET_KEY")

    access = str(session_start(user=user).access)
    assert jwt.get_unverified_header(access) == {"alg": "HS256", "typ": "JWT", "kid": "new"}
    assert [call(one).status_code for one in (access, LibraryToken.for_user(user))] == [200, 200]
    refreshed = post("/refreshToken", {"refresh": str(today.refresh)})
    assert refreshed.status_code == 200

    library_token = LibraryToken.for_user(user)
    use(settings, NEW)

    assert call(access).status_code == 200
    assert call(refreshed.json()["access"]).status_code == 200
    problem(call(library_token), 401, "token_not_valid")


def test_tokens_of_before_keys_had_names_work_while_secret_key_is_among_them(
    user: User, settings: Any
) -> None:
    claims = AccessToken.for_user(user).payload
    old = jwt.encode(claims, settings.SECRET_KEY, "HS256")

    for members in ([], ["SECRET_KEY"], [NEW, "SECRET_KEY"]):
        use(settings, *members)
        assert call(old).status_code == 200
    use(settings, NEW)
    problem(call(old), 401, "token_not_valid")


@pytest.mark.parametrize("kind", ["RS256", "EdDSA"])
def test_keys_of_two_parts(user: User, settings: Any, tmp_path: Path, kind: str) -> None:
    key = private_key(kind)
    use(settings, f"pair:{kind}:{key_file(tmp_path, key)}", OLD)
    access = str(AccessToken.for_user(user))

    assert call(access).status_code == 200
    found = APIClient().get("/.well-known/jwks.json")
    assert found.status_code == 200
    assert found["Cache-Control"] == "public, max-age=300"
    [published] = found.json()["keys"]
    assert (published["kid"], published["alg"], published["use"]) == ("pair", kind, "sig")
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(published)
    claims = jwt.decode(
        access, jwt.PyJWK(published), audience="job-scheduler", issuer="job-scheduler"
    )
    assert claims["user_id"] == str(user.pk)

    # Whoever takes the public key for a secret signs nothing.
    forged = as_if_secret(claims, pem(key.public_key()), {"kid": "pair"})
    problem(call(forged), 401, "token_not_valid")


def as_if_secret(claims: dict[str, Any], secret: bytes, headers: dict[str, Any]) -> str:
    """Signed with HS256, also with what PyJWT would not take for a secret."""
    import base64
    import hashlib
    import hmac
    import json

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    head = json.dumps({"alg": "HS256", "typ": "JWT"} | headers).encode()
    signed = f"{part(head)}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def test_no_secret_is_published(settings: Any) -> None:
    use(settings, NEW, OLD, "SECRET_KEY")

    assert APIClient().get("/.well-known/jwks.json").json() == {"keys": []}


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"iss": "somebody"}, {"kid": "new"}),
        ({"iss": None}, {"kid": "new"}),
        ({"aud": "somewhere"}, {"kid": "new"}),
        ({"aud": ["somewhere"]}, {"kid": "new"}),
        ({"aud": None}, {"kid": "new"}),
        ({"jti": None}, {"kid": "new"}),
        ({}, {"kid": "old"}),  # the key of another id
        ({}, {"kid": "unheard"}),
        ({}, {"kid": ""}),
        ({}, {}),  # the key of SECRET_KEY
        ({}, {"kid": "new", "alg": "HS512"}),
        ({}, {"kid": "new", "alg": "none"}),
    ],
)
def test_a_token_that_says_something_else(
    user: User, settings: Any, change: dict[str, Any], headers: dict[str, Any]
) -> None:
    use(settings, NEW, OLD, "SECRET_KEY")
    whole = {"iss": "job-scheduler", "aud": "job-scheduler", **AccessToken.for_user(user).payload}
    assert call(as_if_secret(whole, b"n" * 40, {"kid": "new"})).status_code == 200
    claims = {name: value for name, value in (whole | change).items() if value is not None}

    problem(call(as_if_secret(claims, b"n" * 40, headers)), 401, "token_not_valid")


def test_a_token_for_several_audiences(user: User, settings: Any) -> None:
    use(settings, NEW)
    claims = AccessToken.for_user(user).payload | {"iss": "job-scheduler"}
    claims["aud"] = ["elsewhere", "job-scheduler"]

    assert call(as_if_secret(claims, b"n" * 40, {"kid": "new"})).status_code == 200
