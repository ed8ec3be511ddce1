"""Variables of the environment and of `.env`: nothing in a value is replaced."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from jobs.core.conf import RENAMED
from scheduler import env
from scheduler.dotenv import read_file
from scheduler.env import environment_of
from scheduler.tests.good_environment import GOOD
from scheduler.variables import Variables

NUMBERS = ["abc", "1e3", "1e400", "nan", "inf", "１", "9" * 30, "-99999", "1,5", "0x1", "$HOME"]  # noqa: RUF001


def asked() -> list[str]:
    variables = Variables(GOOD)
    environment_of(variables)
    return sorted(variables.asked - set(RENAMED))


def numeric() -> list[str]:
    words = ["_SECONDS", "_DAYS", "_MINUTES", "_BYTES", "CONCURRENCY", "_LIMIT", "_RETRIES"]
    words += ["_FACTOR", "_JITTER", "TRUSTED_PROXIES"]
    return [name for name in asked() if name.endswith(tuple(words))]


@pytest.mark.parametrize("name", numeric())
@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_that_is_none_or_out_of_range(name: str, text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        environment_of(Variables(GOOD | {name: text}))
    assert str(refused.value).startswith(f"{name} is ")
    assert "\n" not in str(refused.value)


def test_there_are_numbers() -> None:
    assert len(numeric()) > 20


# Names that others choose may look like this, and secrets like anything.
MAY_BE_ODD = {
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "OIDC_USERNAME_CLAIM",
}


@pytest.mark.parametrize("name", [name for name in asked() if name not in MAY_BE_ODD])
@pytest.mark.parametrize(
    "text", ["$HOME", "\x1b[31m", "a b\nc", "x" * 100_000, "é", "@", "[::1"], ids=range(7)
)
def test_odd_text_is_refused_in_one_short_line(name: str, text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        environment_of(Variables(GOOD | {name: text}))
    sentence = str(refused.value)
    # Those of an outside issuer mean nothing alone: the first one that is missing is named.
    assert name in sentence or sentence.startswith("OIDC_")
    assert sentence.isprintable()
    assert len(sentence) < 500


@pytest.mark.parametrize("name", asked())
def test_bytes_that_are_no_utf_8(name: str) -> None:
    value = GOOD.get(name, "") + os.fsdecode(b"s3cr3t\xff" * 10)
    with pytest.raises(ImproperlyConfigured) as refused:
        environment_of(Variables(GOOD | {name: value}))
    assert str(refused.value) == f"{name} is not UTF-8; set it to text in UTF-8."


@pytest.mark.parametrize("name", asked())
def test_an_empty_variable_is_not_set(name: str) -> None:
    if name in GOOD:
        with pytest.raises(ImproperlyConfigured, match=f"^{name} is not set"):
            environment_of(Variables(GOOD | {name: ""}))
    else:
        assert environment_of(Variables(GOOD | {name: ""})) == environment_of(Variables(GOOD))


@pytest.mark.parametrize("environment", ["development", "production"])
@pytest.mark.parametrize("start", ["$", "$$", "${HOME}", "$HOME"])
def test_a_key_may_begin_with_a_dollar(environment: str, start: str) -> None:
    key = start + "k" * 60
    found = environment_of(Variables(GOOD | {"ENVIRONMENT": environment, "SECRET_KEY": key}))
    assert found.secret_key == key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "https://jobs.example.com"),
        ("ALLOWED_HOSTS", "jobs.example.com:443"),
        ("ALLOWED_HOSTS", "jobs.example.com/x"),
        ("CSRF_TRUSTED_ORIGINS", "jobs.example.com"),
        ("CORS_ALLOWED_ORIGINS", "app.example.com"),
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com/"),
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com:443"),
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com:99999"),
        ("CORS_ALLOWED_ORIGINS", "https://App.example.com"),
        ("CORS_ALLOWED_ORIGINS", "https://*.example.com"),
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com,*"),
        ("CORS_ALLOWED_ORIGINS", "null"),
        ("CSRF_TRUSTED_ORIGINS", "https://jobs.example.com/admin"),
        ("CSRF_TRUSTED_ORIGINS", "https://["),
        ("CSRF_TRUSTED_ORIGINS", "https://[::1::]"),
        ("CSRF_TRUSTED_ORIGINS", "https://jobs.example.com:"),
        ("CSRF_TRUSTED_ORIGINS", "https://jobs.example.com:99999"),
        ("CSRF_TRUSTED_ORIGINS", "https://*"),
        ("DEFAULT_FROM_EMAIL", "nobody"),
        ("DEFAULT_FROM_EMAIL", "a@example.com, b@example.com"),
        ("LOG_LEVEL", "LOUD"),
        ("JOBS_QUEUES", "Capitals"),
        ("JOBS_REDIS_PREFIX", "jobs:"),
        ("JOBS_HEARTBEAT_SECONDS", "20"),
    ],
)
def test_a_text_of_the_wrong_form(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} "):
        environment_of(Variables(GOOD | {name: value}))


def test_the_repr_of_the_variables_shows_no_secret() -> None:
    secrets = {
        "SECRET_KEY": "s3cr3t" * 10,
        "SECRET_KEY_FALLBACKS": "s3cr3t" * 11,
        "METRICS_TOKEN": "s3cr3t" * 10,
        "REDIS_URL": "redis://:s3cr3t@host/0",
        "EMAIL_URL": "smtp://u:s3cr3t@host",
        "JWT_SIGNING_KEYS": f"a:HS256:{'s3cr3t' * 10}",
        "DATABASE_URL": "postgres://u:s3cr3t@host/name",
    }
    assert "s3cr3t" not in repr(environment_of(Variables(secrets)))


def test_origins_of_forms() -> None:
    origins = "https://jobs.example.com,http://[::1]:8000,https://*.example.com:8443"
    found = environment_of(Variables(GOOD | {"CSRF_TRUSTED_ORIGINS": origins}))
    assert found.csrf_trusted_origins == origins.split(",")


def test_spaces_between_the_members_of_a_list() -> None:
    found = environment_of(Variables(GOOD | {"ALLOWED_HOSTS": " a.example , [::1] ,,"}))
    assert found.allowed_hosts == ["a.example", "[::1]"]


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    values: dict[str, str] = {}
    monkeypatch.setattr("scheduler.dotenv.os.environ", values)
    return values


def test_a_file(tmp_path: Path, nothing_set: dict[str, str]) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# A comment\n\n  \nA=$HOME ${X} #1\nexport B='x y'\n  C=\"a\\\"b\"\nD=\nE==\nF='\n"
    )
    nothing_set["D"] = "kept"

    read_file(path)

    nothing_set.pop("PYTEST_CURRENT_TEST", None)
    assert nothing_set == {
        "A": "$HOME ${X} #1",
        "B": "x y",
        "C": 'a"b',
        "D": "kept",
        "E": "=",
        "F": "'",
    }


@pytest.mark.parametrize("content", [b"SECRET_KEY s3cr3t", b"A=1\n=s3cr3t", b"A=s3cr3t\xff"])
def test_a_file_that_is_none(
    tmp_path: Path, nothing_set: dict[str, str], content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_bytes(content)
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)

    with pytest.raises(ImproperlyConfigured) as refused:
        env.read_dotenv()

    assert "s3cr3t" not in str(refused.value)
    assert str(tmp_path) in str(refused.value)
