"""Whose tokens are accepted beside our own, by configuration: an OpenID provider, for example."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

_NAME = re.compile(r"[!-~]{1,255}", re.ASCII)
_DEFAULT_CLAIM = "sub"


class IssuerRefused(ValueError):
    """The outside issuer cannot be used as it is configured; the message is a sentence."""


@dataclass(frozen=True)
class OutsideIssuer:
    """An issuer whose tokens are accepted.

    `issuer`, `audience`: what `iss` and `aud` must say. `jwks`: the address of its public keys, or
    the path of a file with them. `username_claim`: the claim that is the name of the account.
    `may_create`: whether an account that there is not is made, without a password.
    """

    issuer: str
    audience: str
    jwks: str
    username_claim: str
    may_create: bool = False

    @property
    def is_file(self) -> bool:
        """Whether its keys are in a file."""
        return self.jwks.startswith("/")


def read_outside_issuer(given: Mapping[str, str], *, may_create: bool) -> OutsideIssuer | None:
    """What the OIDC_* variables say; None where none is set. Raises IssuerRefused."""
    if not any(given.values()):
        return None
    required = ("OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS")
    if missing := [name for name in required if not given[name]]:
        raise IssuerRefused(
            f"{missing[0]} is not set; an outside issuer takes {', '.join(required)} together."
        )
    for name, text in given.items():
        if text and not _NAME.fullmatch(text):
            raise IssuerRefused(f"{name} must have 1 to 255 visible ASCII characters, no spaces.")
    jwks = given["OIDC_JWKS"]
    if jwks.startswith("/"):
        _check_file(jwks)
    else:
        _check_url(jwks)
    return OutsideIssuer(
        issuer=given["OIDC_ISSUER"],
        audience=given["OIDC_AUDIENCE"],
        jwks=jwks,
        username_claim=given["OIDC_USERNAME_CLAIM"] or _DEFAULT_CLAIM,
        may_create=may_create,
    )


def _check_file(path: str) -> None:
    # Here, because most services have no outside issuer.
    from accounts.key_set import parsed_jwks

    try:
        found = parsed_jwks(Path(path).read_bytes())
    except (OSError, ValueError):
        found = []
    if not found:
        raise IssuerRefused(
            "OIDC_JWKS names a file that is no key set with public keys for signatures; save the "
            "issuer's JWKS there."
        )


def _check_url(text: str) -> None:
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or url.username is not None or url.fragment:
        raise IssuerRefused(
            "OIDC_JWKS must be an https:// address without user and fragment, or the absolute path "
            "of a file."
        )
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(host)):
        raise IssuerRefused(
            "OIDC_JWKS must begin with https://: whoever can change the answer on its way could "
            "sign tokens."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
