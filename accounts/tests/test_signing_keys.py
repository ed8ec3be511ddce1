"""JWT_SIGNING_KEYS: what it may be, and that no error shows a part of a key."""

from pathlib import Path

import pytest

from accounts.signing_keys import KeysRefused, read_signing_keys
from accounts.tests.keys import key_file, private_key

DJANGO = "django-secret-django-secret-django-secret-django-secret"
SECRET = "s3cr3t-" * 6


def test_without_keys_of_its_own_the_service_signs_with_the_secret_key() -> None:
    [key] = read_signing_keys([], DJANGO)

    assert (key.id, key.algorithm, key.private) == ("secret-key", "HS256", DJANGO.encode())
    assert DJANGO not in repr(key)


def test_keys_in_their_order(tmp_path: Path) -> None:
    path = key_file(tmp_path, private_key("EdDSA"))

    keys = read_signing_keys([f"new:EdDSA:{path}", f"old:HS256:{SECRET}", "SECRET_KEY"], DJANGO)

    assert [key.id for key in keys] == ["new", "old", "secret-key"]
    assert [key.is_shared for key in keys] == [False, True, True]


def test_a_secret_with_colons_and_one_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")

    [first, second] = read_signing_keys(
        [f"a:HS256:{SECRET}::x", f"b:HS256:{tmp_path / 'secret'}"], DJANGO
    )

    assert first.private == f"{SECRET}::x".encode()
    assert second.private == SECRET.encode()


@pytest.mark.parametrize("kind", ["RS256", "EdDSA"])
def test_a_key_that_is_public_only_verifies(tmp_path: Path, kind: str) -> None:
    public = key_file(tmp_path, private_key(kind).public_key())

    [_, key] = read_signing_keys(["SECRET_KEY", f"old:{kind}:{public}"], DJANGO)

    assert key.private is None
    with pytest.raises(KeysRefused, match="private key"):
        read_signing_keys([f"old:{kind}:{public}"], DJANGO)


@pytest.mark.parametrize(
    ("members", "advice"),
    [
        ([SECRET], "malformed"),
        ([f"a:{SECRET}"], "unknown algorithm"),
        ([f":HS256:{SECRET}"], "malformed"),
        ([f"a b:HS256:{SECRET}"], "malformed"),
        ([f"{'a' * 65}:HS256:{SECRET}"], "malformed"),
        ([f"a:none:{SECRET}"], "unknown algorithm"),
        ([f"a:HS512:{SECRET}"], "unknown algorithm"),
        ([f"a:hs256:{SECRET}"], "unknown algorithm"),
        (["a:HS256:s3cr3t-short"], "32 or more"),
        (["a:HS256:"], "32 or more"),
        ([f"a:HS256:{SECRET}", f"a:HS256:{SECRET}x"], "twice"),
        (["SECRET_KEY", "SECRET_KEY"], "twice"),
        ([f"a:RS256:{SECRET}"], "absolute path"),
        (["a:EdDSA:s3cr3t-relative/key.pem"], "absolute path"),
        (["a:EdDSA:/s3cr3t-nowhere/key.pem"], "cannot be read"),
        (["a:HS256:/s3cr3t-nowhere/secret"], "cannot be read"),
    ],
)
def test_keys_that_cannot_work(members: list[str], advice: str) -> None:
    with pytest.raises(KeysRefused, match=advice) as refused:
        read_signing_keys(members, DJANGO)

    sentence = str(refused.value)
    assert "s3cr3t" not in sentence
    assert sentence.endswith(".")
    assert "JWT_SIGNING_KEYS" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("algorithm", "kind", "advice"),
    [
        ("EdDSA", "RS256", "another kind"),
        ("RS256", "EdDSA", "another kind"),
        ("RS256", "ES256", "another kind"),
        ("RS256", "RS1024", "1024 bits"),
        ("HS256", "RS256", "no secret"),
    ],
)
def test_a_file_with_another_key(tmp_path: Path, algorithm: str, kind: str, advice: str) -> None:
    path = key_file(tmp_path, private_key(kind))

    with pytest.raises(KeysRefused, match=advice):
        read_signing_keys([f"a:{algorithm}:{path}"], DJANGO)


@pytest.mark.parametrize(
    "content", [b"", b"s3cr3t", b"-----BEGIN PRIVATE KEY-----\ns3cr3t", b"\xff"]
)
def test_a_file_with_no_key(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("cryptography")
    (tmp_path / "key.pem").write_bytes(content)

    with pytest.raises(KeysRefused) as refused:
        read_signing_keys([f"a:EdDSA:{tmp_path / 'key.pem'}"], DJANGO)

    assert "s3cr3t" not in str(refused.value)
