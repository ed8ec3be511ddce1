"""Configuration: what production refuses, and that every variable is documented."""

import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from jobs.core import tracing_rules
from jobs.core.conf import RENAMED
from scheduler import env, trace_settings
from scheduler.env import BASE_DIR, environment_of, read_environment
from scheduler.secret_keys import DEVELOPMENT_SECRET_KEY
from scheduler.serving import __main__ as serving
from scheduler.serving.application import ApiApplication
from scheduler.tests.good_environment import GOOD
from scheduler.variables import Variables

PROJECT = BASE_DIR  # where it stays while a test looks for `.env` elsewhere


# Read by gunicorn, by docker-compose.yml, and by the tests.
READ_BY_OTHERS = {
    *("WEB_CONCURRENCY", "GUNICORN_CMD_ARGS"),
    *("POSTGRES_PASSWORD", "API_BIND", "API_PORT", "MAIL_PORT", "SCHEDULER_IMAGE"),
    "REDIS_MAXMEMORY",
    "CHROMIUM",
    *("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"),
}


@pytest.fixture(autouse=True)
def production(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Everything that production needs, no ENVIRONMENT, and no `.env`."""
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def refusal() -> str:
    with pytest.raises(ImproperlyConfigured) as refused:
        read_environment()
    return str(refused.value)


def test_without_environment_it_is_production() -> None:
    read = read_environment()
    assert not read.development
    assert read.https_only
    assert not read.signup_enabled
    assert read.allowed_hosts == ["localhost"]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, ""])
def test_production_needs(name: str, value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    assert refusal().startswith(f"{name} is not set; set it")


@pytest.mark.parametrize("key", ["short", DEVELOPMENT_SECRET_KEY])
def test_production_refuses_a_weak_key(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", key)
    assert "too weak" in refusal()
    assert key not in refusal()


@pytest.mark.parametrize("key", ["short", DEVELOPMENT_SECRET_KEY])
def test_production_refuses_a_weak_key_among_the_others(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", f"{'o' * 50},{key}")
    assert refusal().startswith("SECRET_KEY_FALLBACKS has a member that is too weak")
    assert key not in refusal()


def test_other_keys_that_still_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_environment().secret_key_fallbacks == []
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", f"{'o' * 50}, {'p' * 60}")
    assert read_environment().secret_key_fallbacks == ["o" * 50, "p" * 60]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "prod"),
        ("HTTPS_ONLY", "ture"),
        ("SIGNUP_ENABLED", "maybe"),
        ("LOG_FORMAT", "xml"),
        ("JOBS_CONCURRENCY", "many"),
        ("JOBS_RETRY_FACTOR", "two"),
        ("DATABASE_URL", "sqlite:///file"),
        ("REDIS_URL", "host:6379"),
        ("LOGIN_RATE", "60"),
        ("LOGIN_RATE", "0/min"),
        ("LOGIN_RATE", "60/fortnight"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_SDK_DISABLED", "maybe"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:99999"),
        ("OTEL_TRACES_SAMPLER", "some"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "1e3"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"),  # the queue has 2,048
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "nan"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "-1"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "none"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert refusal().startswith(f"{name} ")


@pytest.mark.parametrize(("former", "name"), RENAMED.items())
def test_a_former_name_is_refused_with_the_new_one(
    former: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(former, "3")
    assert refusal() == f"{former} is called {name} now; rename it."


def start(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Starts a program of the service with all that production needs and one former name."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**os.environ, "JOBS_MARK_SECONDS": "3"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("manage.py", "check"),
        ("manage.py", "runworker"),
        ("-m", "gunicorn", "--config", "python:scheduler.gunicorn_conf", "scheduler.wsgi"),
        ("-m", "scheduler.serving"),
    ],
)
def test_every_program_exits_with_the_sentence_alone(arguments: tuple[str, ...]) -> None:
    done = start(*arguments)
    assert done.returncode == 2
    assert done.stderr == "JOBS_MARK_SECONDS is called JOBS_CACHE_MARK_SECONDS now; rename it.\n"


@pytest.mark.parametrize("word", ["many", "0", "-1", "2.5", "4000"])
def test_a_number_of_processes_that_is_none(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", word)
    done = start("-m", "scheduler.serving")
    assert done.returncode == 2
    assert done.stderr.startswith(f"WEB_CONCURRENCY is '{word}'; set it to a whole number from 1")
    assert done.stderr.count("\n") == 1


def test_options_of_gunicorn_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--threads '4")
    done = start("-m", "scheduler.serving")
    assert done.returncode == 2
    assert done.stderr.startswith("GUNICORN_CMD_ARGS cannot be divided into options (No closing")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("-k nothing", "the worker class 'nothing' cannot be loaded."),
        ("--workers 0", "--workers must be 1 or more."),
        ("--threads 0", "--threads must be 1 or more."),
        ("--worker-connections 0", "--worker-connections must be 1 or more."),
        ("--user no-such-user", "no-such-user"),
        ("--worker-tmp-dir /nowhere", "which is no directory."),
    ],
)
def test_an_option_of_gunicorn_that_cannot_work(
    options: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ApiApplication, "run", lambda self: None)
    monkeypatch.setattr("sys.argv", ["scheduler.serving"])
    monkeypatch.setenv("GUNICORN_CMD_ARGS", options)
    with pytest.raises(SystemExit) as ended:
        serving.main()
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("An option of gunicorn, in GUNICORN_CMD_ARGS or on the command line")
    assert said in line


def test_gunicorn_gets_the_number_of_processes_that_the_file_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("WEB_CONCURRENCY=3\n")
    monkeypatch.setenv("WEB_CONCURRENCY", "2")  # so that it is put back
    monkeypatch.delenv("WEB_CONCURRENCY")
    assert _processes() == "3"
    for empty in ("", " "):
        monkeypatch.setenv("WEB_CONCURRENCY", empty)
        assert _processes() == "1"


def _processes() -> str:
    """What gunicorn is started with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scheduler.serving.application.ApiApplication", lambda usage: Mock())
        patch.setattr("sys.argv", ["scheduler.serving"])
        serving.main()
    return os.environ["WEB_CONCURRENCY"]


def test_a_refused_url_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://user:secret-of-the-database@host/name")
    assert "secret-of-the-database" not in refusal()


@pytest.mark.parametrize(("word", "value"), [("true", True), ("ON", True), ("0", False)])
def test_switches(word: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_ONLY", word)
    assert read_environment().https_only is value


@pytest.mark.parametrize(
    ("variables", "sends"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://collector/v1/traces"}, True),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"},
            False,
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
                "OTEL_TRACES_EXPORTER": "none",
            },
            False,
        ),
    ],
)
def test_spans_are_sent_where_there_is_an_endpoint(
    variables: dict[str, str], sends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert read_environment().jobs["JOBS_TRACING"] is sends


def test_numbers_that_the_sdk_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {
        "OTEL_BSP_MAX_QUEUE_SIZE": "4096",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "4096",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "2.5",
        "OTEL_SPAN_EVENT_COUNT_LIMIT": "unset",
        "OTEL_SPAN_LINK_COUNT_LIMIT": "0",
        "OTEL_BSP_SCHEDULE_DELAY": "",
    }
    for name, value in good.items():
        monkeypatch.setenv(name, value)
    read_environment()


@pytest.mark.parametrize("name", trace_settings.HEADERS)
def test_a_token_for_the_collector_that_the_sdk_would_log(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for good in ("authorization=Bearer%20t0ken,x-team=a", "authorization = Bearer t0ken", ""):
        monkeypatch.setenv(name, good)
        read_environment()
    for bad in ("authorization: Bearer t0ken", "x=1,Bearer t0ken", 'x="t0ken"', "x=t\\0ken"):
        monkeypatch.setenv(name, bad)
        assert refusal().startswith(f"{name} has a member that is not of the form name=value")
        assert "t0ken" not in refusal()


def test_without_the_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    monkeypatch.setattr(tracing_rules, "find_spec", lambda module: None)
    assert "install requirements-tracing.txt" in refusal()


def test_development_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.delenv("SECRET_KEY")
    read = read_environment()
    assert read.development
    assert read.secret_key == DEVELOPMENT_SECRET_KEY
    assert read.signup_enabled
    assert not read.https_only


def test_the_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=debug\nREDIS_URL=redis://from-the-file/0\n")
    monkeypatch.setenv("LOG_LEVEL", "")  # so that pytest restores it, whatever the file sets
    monkeypatch.delenv("LOG_LEVEL")
    read = read_environment()
    assert read.log_level == "DEBUG"
    assert read.redis_url == "redis://host/0"


def test_every_variable_is_documented() -> None:
    variables = Variables(os.environ)
    environment_of(variables)
    example = (BASE_DIR / ".env.example").read_text()
    documented = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    assert variables.asked - set(RENAMED) == documented - READ_BY_OTHERS


def test_every_variable_of_the_compose_file_is_documented() -> None:
    compose_file = (BASE_DIR / "docker-compose.yml").read_text()
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", compose_file))
    example = (BASE_DIR / ".env.example").read_text()
    documented = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    assert used
    assert used <= documented


def test_the_documented_defaults_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = read_environment()
    example = (BASE_DIR / ".env.example").read_text()
    for name, value in re.findall(r"^# ([A-Z_]+)=(.+)$", example, re.MULTILINE):
        if name not in GOOD:
            monkeypatch.setenv(name, value)
    assert read_environment() == defaults


@pytest.mark.parametrize(
    ("https_only", "preload", "header"),
    [
        ("true", None, "max-age=31536000; includeSubDomains"),
        ("true", "true", "max-age=31536000; includeSubDomains; preload"),
        ("false", "true", None),
    ],
)
def test_preloading_is_the_choice_of_the_operator_and_the_check_has_no_warning(
    https_only: str, preload: str | None, header: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_ONLY", https_only)
    monkeypatch.setenv("ALLOWED_HOSTS", "testserver")
    monkeypatch.setenv("SECRET_KEY", "0123456789" * 6)
    if preload is not None:
        monkeypatch.setenv("HSTS_PRELOAD", preload)
    code = (
        "from django.core.management import call_command; from django.test import Client; "
        "import os, sys; https = os.environ['HTTPS_ONLY'] == 'true'; "
        "call_command('check', '--deploy', '--fail-level', 'WARNING') if https else None; "
        "print(Client().get('/', secure=True).headers.get('Strict-Transport-Security'))"
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code],
        cwd=PROJECT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == str(header)


OIDC = {
    "OIDC_ISSUER": "https://id.example.com",
    "OIDC_AUDIENCE": "jobs",
    "OIDC_JWKS": "https://id.example.com/jwks",
}


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"JWT_SIGNING_KEYS": "s3cr3t-without-a-form"}, "JWT_SIGNING_KEYS"),
        ({"JWT_SIGNING_KEYS": "a:HS256:s3cr3t"}, "JWT_SIGNING_KEYS"),
        ({"JWT_ISSUER": "a b"}, "JWT_ISSUER"),
        ({"JWT_AUDIENCE": "é"}, "JWT_AUDIENCE"),
        ({"OIDC_ISSUER": "https://id.example.com"}, "OIDC_AUDIENCE"),
        ({"OIDC_ISSUER": "job-scheduler"}, "OIDC_ISSUER is JWT_ISSUER"),
        ({"OIDC_CREATE_USERS": "perhaps"}, "OIDC_CREATE_USERS"),
        ({**OIDC, "SIGNUP_ENABLED": "true"}, "SIGNUP_ENABLED is true beside OIDC_ISSUER"),
    ],
)
def test_tokens_that_cannot_work(
    variables: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert named in refusal()
    assert "s3cr3t" not in refusal()
