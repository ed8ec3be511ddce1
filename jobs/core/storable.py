"""Text that PostgreSQL stores: without NUL, and without half a surrogate pair."""


def is_storable(text: str) -> bool:
    """Whether PostgreSQL stores it as it is."""
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(text: str) -> str:
    """The text, with what PostgreSQL does not store written with a backslash: `\\0`, `\\ud800`."""
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()
