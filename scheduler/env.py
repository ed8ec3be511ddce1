"""The only reader of the environment.

Every variable stands here once, with its type and its default; those of the app `jobs` have
theirs in `JobsConf`. `.env.example` explains them all. Variables of the process win over those of
a `.env` file in the project directory.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts.rate import Rate
from jobs.core.conf import JobsConf, renamed_settings, setting_name

BASE_DIR = Path(__file__).resolve().parent.parent

DEVELOPMENT = "development"
PRODUCTION = "production"

# Signs tokens and sessions on a developer's machine; production refuses to start with it.
DEVELOPMENT_SECRET_KEY = "development-only-key-that-production-refuses-to-start-with"  # noqa: S105


_SCHEMES = {
    "DATABASE_URL": ("postgres://", "postgresql://"),
    "REDIS_URL": ("redis://", "rediss://", "unix://"),
}
_SWITCH = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(
    ("false", "no", "off", "0"), False
)


@dataclass(frozen=True)
class Environment:
    """The variables, typed and checked. `jobs`: the JOBS_* settings by name."""

    development: bool
    secret_key: str
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    https_only: bool
    trusted_proxies: int
    signup_enabled: bool
    login_rate: Rate
    access_token_minutes: int
    refresh_token_days: int
    session_days: int
    database: dict[str, Any]
    redis_url: str
    email: dict[str, Any]
    default_from_email: str
    log_level: str
    log_format: str
    jobs: dict[str, Any]


def read_dotenv() -> None:
    """Takes over the variables of `.env` that the process does not have."""
    if (path := BASE_DIR / ".env").exists():
        environ.Env.read_env(path, overwrite=False)


def read_environment() -> Environment:
    """Reads and checks all variables.

    Raises ImproperlyConfigured with one sentence that says what to set.
    """
    read_dotenv()
    env = _Env()
    name = env.str("ENVIRONMENT", PRODUCTION)
    if name not in (DEVELOPMENT, PRODUCTION):
        raise ImproperlyConfigured(
            f"ENVIRONMENT is {name!r}; set it to {DEVELOPMENT!r} or {PRODUCTION!r}."
        )
    development = name == DEVELOPMENT
    return Environment(
        development=development,
        secret_key=_secret_key(env, development),
        allowed_hosts=env.list("ALLOWED_HOSTS", default=["*"] if development else ["localhost"]),
        csrf_trusted_origins=env.list("CSRF_TRUSTED_ORIGINS", default=[]),
        https_only=_switch(env, "HTTPS_ONLY", default=not development),
        trusted_proxies=env.int("TRUSTED_PROXIES", default=0),
        signup_enabled=_switch(env, "SIGNUP_ENABLED", default=development),
        login_rate=_login_rate(env),
        access_token_minutes=env.int("ACCESS_TOKEN_MINUTES", default=30),
        refresh_token_days=env.int("REFRESH_TOKEN_DAYS", default=7),
        session_days=env.int("SESSION_DAYS", default=30),
        database=env.db_url_config(
            _required_url(env, "DATABASE_URL", "postgres://user:password@host:5432/name")
        ),
        redis_url=_required_url(env, "REDIS_URL", "redis://host:6379/0"),
        email=env.email_url_config(env.str("EMAIL_URL", default="smtp://127.0.0.1:1025")),
        default_from_email=env.str("DEFAULT_FROM_EMAIL", default="jobs@localhost"),
        log_level=env.str("LOG_LEVEL", default="INFO").upper(),
        log_format=_log_format(env),
        jobs=_jobs_settings(env),
    )


class _Env(environ.Env):  # type: ignore[misc]
    """Names the variable in the error about a value of the wrong type."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} is not what it should be: {error}.") from error


def _switch(env: environ.Env, name: str, *, default: bool) -> bool:
    """True or false. Any other word is refused: a typing error must not switch off HTTPS."""
    word = env.str(name, default=str(default)).strip().lower()
    if word not in _SWITCH:
        raise ImproperlyConfigured(f"{name} is {word!r}; set it to 'true' or 'false'.")
    return _SWITCH[word]


def _secret_key(env: environ.Env, development: bool) -> str:
    key: str = env.str("SECRET_KEY", default="")
    if development:
        return key or DEVELOPMENT_SECRET_KEY
    if not key:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set; set it to 50 or more random characters "
            "(or set ENVIRONMENT=development on a developer's machine)."
        )
    if key == DEVELOPMENT_SECRET_KEY or len(key) < 50:
        raise ImproperlyConfigured(
            "SECRET_KEY is too weak for production; set it to 50 or more random characters."
        )
    return key


def _required_url(env: environ.Env, name: str, example: str) -> str:
    url: str = env.str(name, default="")
    if not url:
        raise ImproperlyConfigured(f"{name} is not set; set it, for example to {example}.")
    if not url.startswith(_SCHEMES[name]):  # not shown: it contains a password
        raise ImproperlyConfigured(
            f"{name} must begin with one of {', '.join(_SCHEMES[name])}, for example {example}."
        )
    return url


def _login_rate(env: environ.Env) -> Rate:
    text: str = env.str("LOGIN_RATE", default="60/min")
    try:
        return Rate.of(text)
    except ValueError:
        raise ImproperlyConfigured(
            f"LOGIN_RATE is {text!r}; set it to a number, at least 1, per s, min, hour or day, "
            "for example 60/min."
        ) from None


def _log_format(env: environ.Env) -> str:
    log_format: str = env.str("LOG_FORMAT", default="text")
    if log_format not in ("text", "json"):
        raise ImproperlyConfigured(f"LOG_FORMAT is {log_format!r}; set it to 'text' or 'json'.")
    return log_format


def _jobs_settings(env: environ.Env) -> dict[str, Any]:
    """The JOBS_* settings by name, with the types and defaults of `JobsConf`."""
    if renamed := renamed_settings(lambda name: env.str(name, default=None) is not None):
        raise ImproperlyConfigured(renamed[0])
    defaults = JobsConf()
    readers: dict[Any, Any] = {int: env.int, float: env.float, str: env.str, list[str]: env.list}
    return {
        setting_name(one.name): readers[one.type](
            setting_name(one.name), default=getattr(defaults, one.name)
        )
        for one in fields(JobsConf)
        if one.name != "redis_url"  # it is REDIS_URL, which the cache uses, too
    }
