"""The only reader of the environment.

Every variable stands here once, with its type and its default; those of the app `jobs` have theirs
in `JobsConf`. `.env.example` explains them all. Variables of the process win over those of `.env`.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from accounts.rate import Rate
from jobs.core.conf import JobsConf, renamed_settings, setting_name
from jobs.core.conf_rules import broken_rules
from scheduler.cors import cors_origins
from scheduler.database_url import database_settings
from scheduler.dotenv import read_file
from scheduler.form_origins import form_origins
from scheduler.mail import is_mailbox
from scheduler.secret_keys import read_secret_key, read_secret_key_fallbacks
from scheduler.server_urls import ServerUrl, mail_url, redis_url
from scheduler.token_settings import TokenSettings, token_settings
from scheduler.trace_settings import sends_spans
from scheduler.variables import Variables, refused

BASE_DIR = Path(__file__).resolve().parent.parent

DEVELOPMENT = "development"
PRODUCTION = "production"

# The exit code of every program of the service that its configuration keeps from starting.
EXIT_USAGE = 2

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_HOST_PATTERN = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]")
_METRICS_TOKEN = re.compile(r"[!-~]{20,500}", re.ASCII)

# Fields of `JobsConf` that are variables without its prefix: others use them, too.
_NOT_OF_JOBS = ("redis_url", "metrics_token", "tracing")

MINUTES_OF_A_YEAR = 366 * 24 * 60
DAYS_OF_TEN_YEARS = 3_660


@dataclass(frozen=True)
class Environment:
    """The variables, typed and checked. `jobs`: the JOBS_* settings by name."""

    development: bool
    secret_key: str = field(repr=False)
    secret_key_fallbacks: list[str] = field(repr=False)
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    cors_allowed_origins: list[str]
    https_only: bool
    hsts_preload: bool
    trusted_proxies: int
    signup_enabled: bool
    login_rate: Rate
    rate_limit_reads: Rate | None
    rate_limit_writes: Rate | None
    rate_limit_address: Rate | None
    access_token_minutes: int
    refresh_token_days: int
    session_days: int
    tokens: TokenSettings
    metrics_token: str = field(repr=False)
    database: dict[str, Any] = field(repr=False)
    redis_url: str = field(repr=False)
    email: ServerUrl
    default_from_email: str
    log_level: str
    log_format: str
    jobs: dict[str, Any]


def read_dotenv() -> None:
    """Takes over the variables of `.env` that the process does not have."""
    if (path := BASE_DIR / ".env").exists():
        read_file(path)


def read_environment() -> Environment:
    """Reads and checks all variables.

    Raises ImproperlyConfigured with one sentence that says what to set.
    """
    read_dotenv()
    return environment_of(Variables(os.environ))


def environment_of(variables: Variables) -> Environment:
    """The variables, typed and checked; raises ImproperlyConfigured as `read_environment`."""
    kinds = (DEVELOPMENT, PRODUCTION)
    development = variables.choice("ENVIRONMENT", PRODUCTION, kinds) == DEVELOPMENT
    secret_key = read_secret_key(variables, development=development)
    return Environment(
        jobs=(jobs := _jobs_settings(variables)),
        development=development,
        secret_key=secret_key,
        secret_key_fallbacks=read_secret_key_fallbacks(variables, development=development),
        allowed_hosts=_allowed_hosts(variables, ["*"] if development else ["localhost"]),
        csrf_trusted_origins=form_origins(variables),
        cors_allowed_origins=cors_origins(variables),
        https_only=variables.switch("HTTPS_ONLY", default=not development),
        hsts_preload=variables.switch("HSTS_PRELOAD", default=False),
        trusted_proxies=variables.whole("TRUSTED_PROXIES", 0, 0, 100),
        tokens=(tokens := token_settings(variables, secret_key, jobs[setting_name("cell")])),
        signup_enabled=_signup_enabled(variables, tokens, development=development),
        login_rate=_rate(variables, "LOGIN_RATE", "60/min"),
        rate_limit_reads=_rate_or_none(variables, "RATE_LIMIT_READS"),
        rate_limit_writes=_rate_or_none(variables, "RATE_LIMIT_WRITES"),
        rate_limit_address=_rate_or_none(variables, "RATE_LIMIT_ADDRESS"),
        access_token_minutes=variables.whole("ACCESS_TOKEN_MINUTES", 15, 1, MINUTES_OF_A_YEAR),
        refresh_token_days=variables.whole("REFRESH_TOKEN_DAYS", 7, 1, DAYS_OF_TEN_YEARS),
        session_days=variables.whole("SESSION_DAYS", 30, 1, DAYS_OF_TEN_YEARS),
        metrics_token=_metrics_token(variables),
        database=database_settings(variables),
        redis_url=redis_url(variables),
        email=mail_url(variables),
        default_from_email=_default_from_email(variables),
        log_level=_log_level(variables),
        log_format=variables.choice("LOG_FORMAT", "text", ("text", "json")),
    )


def _signup_enabled(variables: Variables, tokens: TokenSettings, *, development: bool) -> bool:
    """Whether strangers may make accounts; by default in development, without an outside issuer."""
    is_alone = tokens.outside is None
    enabled = variables.switch("SIGNUP_ENABLED", default=development and is_alone)
    if enabled and not is_alone:
        raise ImproperlyConfigured(
            "SIGNUP_ENABLED is true beside OIDC_ISSUER: a stranger could sign up under a name of "
            "the issuer's and share that account; set it to 'false'."
        )
    return enabled


def _metrics_token(variables: Variables) -> str:
    token = variables.text("METRICS_TOKEN")
    if token and not _METRICS_TOKEN.fullmatch(token):
        raise ImproperlyConfigured(
            "METRICS_TOKEN cannot be used; set it to 20 to 500 random ASCII characters without "
            "spaces, or leave it out: then /metrics is closed."
        )
    return token


def _allowed_hosts(variables: Variables, default: list[str]) -> list[str]:
    hosts = variables.names("ALLOWED_HOSTS", default)
    for host in hosts:
        if len(host) > 253 or not _HOST_PATTERN.fullmatch(host):
            raise refused(
                "ALLOWED_HOSTS", host, "name hosts without scheme, port and path, divided by commas"
            )
    return hosts


def _rate_or_none(variables: Variables, name: str) -> Rate | None:
    return _rate(variables, name, "") if variables.has(name) else None


def _rate(variables: Variables, name: str, default: str) -> Rate:
    text = variables.text(name, default)
    try:
        return Rate.of(text)
    except ValueError:
        raise refused(
            name,
            text,
            "set it to a number, at least 1, per s, min, hour or day, for example 60/min",
        ) from None


def _default_from_email(variables: Variables) -> str:
    text = variables.text("DEFAULT_FROM_EMAIL", "jobs@localhost")
    if not is_mailbox(text):
        raise refused(
            "DEFAULT_FROM_EMAIL", text, "set it to one address: Example <no-reply@example.com>"
        )
    return text


def _log_level(variables: Variables) -> str:
    level = variables.text("LOG_LEVEL", "INFO").upper()
    return Variables({"LOG_LEVEL": level}).choice("LOG_LEVEL", "INFO", LOG_LEVELS)


def _jobs_settings(variables: Variables) -> dict[str, Any]:
    """The JOBS_* settings by name, with the types and defaults of `JobsConf`."""
    if renamed := renamed_settings(variables.has):
        raise ImproperlyConfigured(renamed[0])
    readers: dict[Any, Callable[[str, Any], Any]] = {
        int: variables.any_whole,
        float: variables.any_number,
        str: variables.text,
        bool: lambda name, default: variables.switch(name, default=default),
        list[str]: variables.names,
    }
    defaults = JobsConf()
    values = {
        one.name: readers[one.type](setting_name(one.name), getattr(defaults, one.name))
        for one in fields(JobsConf)
        if one.name not in _NOT_OF_JOBS
    }
    values["tracing"] = sends_spans(variables)
    if broken := broken_rules(JobsConf(**values)):
        raise ImproperlyConfigured(broken[0])
    return {setting_name(name): value for name, value in values.items()}
