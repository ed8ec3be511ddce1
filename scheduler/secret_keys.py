"""Django's SECRET_KEY, and other values of it that still count while it is changed.

Every function raises ImproperlyConfigured with a sentence that shows no part of a key.
"""

from django.core.exceptions import ImproperlyConfigured

from scheduler.variables import Variables

# Signs tokens and sessions on a developer's machine; production refuses to start with it.
DEVELOPMENT_SECRET_KEY = "development-only-key-that-production-refuses-to-start-with"  # noqa: S105

KEY_MIN = 50  # characters, in production


def read_secret_key(variables: Variables, *, development: bool) -> str:
    """The value of SECRET_KEY; in development a fixed one, if it is not set."""
    key = variables.text("SECRET_KEY")
    if development:
        return key or DEVELOPMENT_SECRET_KEY
    if not key:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set; set it to 50 or more random characters "
            "(or set ENVIRONMENT=development on a developer's machine)."
        )
    if _is_weak(key):
        raise ImproperlyConfigured(
            "SECRET_KEY is too weak for production; set it to 50 or more random characters."
        )
    return key


def read_secret_key_fallbacks(variables: Variables, *, development: bool) -> list[str]:
    """The other values of it that still count."""
    keys = variables.names("SECRET_KEY_FALLBACKS", [])
    if not development and any(map(_is_weak, keys)):
        raise ImproperlyConfigured(
            "SECRET_KEY_FALLBACKS has a member that is too weak for production; name other values "
            "of SECRET_KEY, of 50 or more random characters, divided by commas."
        )
    return keys


def _is_weak(secret_key: str) -> bool:
    return secret_key == DEVELOPMENT_SECRET_KEY or len(secret_key) < KEY_MIN
