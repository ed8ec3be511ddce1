"""When two user names are the same name to a reader."""

from unicodedata import normalize

# Of a name of 150 characters; case-folding makes up to three of one.
FOLDED_MAX = 450


def folded(username: str) -> str:
    """The form that names share which differ in case or in compatible characters only."""
    return normalize("NFKC", normalize("NFKC", username).casefold())
