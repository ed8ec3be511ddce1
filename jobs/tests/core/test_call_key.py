"""What the header `Idempotency-Key` may say."""

import pytest

from jobs.core.call_key import CALL_KEY_MAX, call_key


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ('"8e03978e-40d5"', "8e03978e-40d5"),
        ("8e03978e-40d5", "8e03978e-40d5"),
        (' "a" \t', "a"),
        ('"two words, and more; \\"quoted\\" \\\\"', 'two words, and more; "quoted" \\'),
        ("a" * CALL_KEY_MAX, "a" * CALL_KEY_MAX),
        (f'"{"a" * CALL_KEY_MAX}"', "a" * CALL_KEY_MAX),
        ("!#$%&'*+-.^_`|~:/=@[](){}<>?", "!#$%&'*+-.^_`|~:/=@[](){}<>?"),
    ],
)
def test_keys(header: str, key: str) -> None:
    assert call_key(header) == key


@pytest.mark.parametrize(
    "header",
    [
        "",
        '""',
        " ",
        "two words",
        "a,b",
        '"a","b"',
        '"a";p=1',
        "a;p=1",
        '"a',
        'a"',
        '"a\\n"',
        "a\\b",
        "ümlaut",
        '"ü"',
        "a\x00b",
        "a\nb",
        "a" * (CALL_KEY_MAX + 1),
        f'"{"a" * (CALL_KEY_MAX + 1)}"',
    ],
)
def test_what_is_no_key(header: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 characters"):
        call_key(header)
