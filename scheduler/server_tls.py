"""What the URLs of PostgreSQL and Redis say of TLS: options that have an effect, files that fit."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

from scheduler.tls_files import check_authority, check_pair, check_private

_REDIS_CHOICES = {
    "ssl_cert_reqs": ("none", "optional", "required"),
    "ssl_check_hostname": ("true", "false"),
}
REDIS_TLS_OPTIONS = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", *_REDIS_CHOICES}
"""What may stand in the query of REDIS_URL."""

# What libpq takes for sslmode, the weakest first. The last two look at the certificate.
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# With sslmode=require libpq takes a file of an authority for verify-ca.
_MODES_WITH_AUTHORITY = _SSL_MODES[3:]
_SYSTEM = "system"  # the authorities of this machine, as sslrootcert


def check_redis_tls(name: str, scheme: str, query: Mapping[str, str]) -> None:
    """Raises ImproperlyConfigured with a sentence about the variable `name`."""
    options = {one: value for one, value in query.items() if one in REDIS_TLS_OPTIONS}
    if options and not scheme.startswith("rediss"):
        option = min(options)
        if scheme == "unix":
            raise _refused(name, option, "and a socket has no TLS; leave it out")
        encrypted = f"rediss{scheme.removeprefix('redis')}"
        raise _refused(name, option, f"and no TLS; begin it with {encrypted}://")
    for option, words in _REDIS_CHOICES.items():
        if options.get(option, words[0]) not in words:
            raise _refused(name, option, f"which is none of {', '.join(words)}")
    if "ssl_ca_certs" in options:
        check_authority(name, "ssl_ca_certs", options["ssl_ca_certs"])
    pair = "ssl_certfile", "ssl_keyfile"
    if pair[0] in options:
        check_pair(name, pair, options[pair[0]], options.get(pair[1], ""))
    elif pair[1] in options:
        raise _refused(name, pair[1], f"and no {pair[0]!r}")


def check_database_tls(name: str, options: Mapping[str, str]) -> None:
    """Raises ImproperlyConfigured with a sentence about the variable `name`."""
    mode = options.get("sslmode", "prefer")
    if mode not in _SSL_MODES:
        raise _refused(name, "sslmode", f"which is none of {', '.join(_SSL_MODES)}")
    if root := options.get("sslrootcert"):
        if mode not in _MODES_WITH_AUTHORITY or (root == _SYSTEM and mode != _SSL_MODES[-1]):
            without = f"which sslmode={mode} does not use; add sslmode=verify-full"
            raise _refused(name, "sslrootcert", without)
        if root != _SYSTEM:
            check_authority(name, "sslrootcert", root)
    pair = "sslcert", "sslkey"
    certificate, key = (options.get(one, "") for one in pair)
    if certificate and key:
        check_pair(name, pair, certificate, key, options.get("sslpassword", ""))
        check_private(name, pair[1], key)
    elif certificate or key:
        there, missing = pair if certificate else reversed(pair)
        raise _refused(name, there, f"and no {missing!r}")


def _refused(name: str, option: str, what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} has the option {option!r}, {what}.")
