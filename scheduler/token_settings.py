"""What signs tokens, whom they are for, and whose tokens are accepted beside our own."""

import re
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from accounts.outside_issuer import IssuerRefused, OutsideIssuer, read_outside_issuer
from accounts.signing_keys import KeysRefused, SigningKey, read_signing_keys
from scheduler.variables import Variables, refused

_SERVICE = "job-scheduler"
_NAME = re.compile(r"[!-~]{1,255}", re.ASCII)


@dataclass(frozen=True)
class TokenSettings:
    """Of the JWT_* and OIDC_* variables. `outside`: None where only our own are accepted."""

    signing_keys: list[SigningKey]
    issuer: str
    audience: str
    outside: OutsideIssuer | None


def token_settings(variables: Variables, secret_key: str, cell: str) -> TokenSettings:
    """The variables, checked; raises ImproperlyConfigured with a sentence that shows no secret.

    `cell`: what JOBS_CELL says; empty where there is one deployment.
    """
    # Users of two cells may have the same number: a token says which cell has made it.
    issuer = _name(variables, "JWT_ISSUER", f"{_SERVICE}/{cell}" if cell else _SERVICE)
    try:
        return TokenSettings(
            signing_keys=read_signing_keys(variables.names("JWT_SIGNING_KEYS", []), secret_key),
            issuer=issuer,
            audience=_name(variables, "JWT_AUDIENCE", _SERVICE),
            outside=_outside_issuer(variables, issuer),
        )
    except (KeysRefused, IssuerRefused) as error:
        raise ImproperlyConfigured(str(error)) from None


def _name(variables: Variables, name: str, default: str) -> str:
    text = variables.text(name, default)
    if not _NAME.fullmatch(text):
        raise refused(name, text, "set it to a name or a URL of 1 to 255 characters without spaces")
    return text


def _outside_issuer(variables: Variables, own: str) -> OutsideIssuer | None:
    names = ("OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS", "OIDC_USERNAME_CLAIM")
    given = {name: variables.text(name) for name in names}
    if given["OIDC_ISSUER"] == own:
        raise IssuerRefused("OIDC_ISSUER is JWT_ISSUER, which is us; name another issuer.")
    may_create = variables.switch("OIDC_CREATE_USERS", default=False)
    # Without an issuer the others mean nothing.
    return read_outside_issuer(given, may_create=may_create) if _is_any(given) else None


def _is_any(given: dict[str, str]) -> bool:
    return any(text for name, text in given.items() if name != "OIDC_USERNAME_CLAIM")
