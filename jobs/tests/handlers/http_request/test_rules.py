"""What a status means, when the next call may be made, and what is kept of an answer."""

import json
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.core.secrets import MASK, NO_SECRETS, Secrets
from jobs.handlers.http_request.answer_result import (
    HEADER_KEPT_CHARACTERS,
    answer_result,
    excerpt,
)
from jobs.handlers.http_request.connection import Answer
from jobs.handlers.http_request.retry_after import retry_after_seconds
from jobs.handlers.http_request.verdict import Verdict, verdict_of

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "payload", "verdict"),
    [
        (200, {}, Verdict.SUCCESS),
        (204, {}, Verdict.SUCCESS),
        (302, {}, Verdict.FINAL),
        (404, {}, Verdict.FINAL),
        (408, {}, Verdict.RETRY),
        (429, {}, Verdict.RETRY),
        (500, {}, Verdict.RETRY),
        (999, {}, Verdict.RETRY),
        (404, {"success_on": ["404"]}, Verdict.SUCCESS),
        (404, {"retry_on": ["4xx"]}, Verdict.RETRY),
        (410, {"retry_on": ["4xx"], "final_on": ["410"]}, Verdict.FINAL),
        (429, {"final_on": ["4xx"]}, Verdict.FINAL),
        (200, {"retry_on": ["200"]}, Verdict.RETRY),
    ],
)
def test_a_status_means(status: int, payload: dict[str, Any], verdict: Verdict) -> None:
    assert verdict_of(status, payload) is verdict


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("0", 1.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("9999999999", 3_600.0),
        ("99999999999999999999", None),
        ("Fri, 27 Nov 2026 12:01:30 GMT", 90.0),
        ("Fri, 27 Nov 2026 11:00:00 GMT", 1.0),
        ("Fri, 27 Nov 2099 11:00:00 GMT", 3_600.0),
        ("Fri, 99 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_capped(
    value: str | None, seconds: float | None
) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def answer(body: bytes = b"", *headers: tuple[str, str], is_truncated: bool = False) -> Answer:
    return Answer(200, "OK", headers, body, is_truncated)


def test_text_is_kept_as_text_and_the_rest_in_base64() -> None:
    assert answer_result(answer("é".encode()), 65_536, NO_SECRETS)["body"] == "é"
    assert answer_result(answer(b"\xff\xfe"), 65_536, NO_SECRETS)["body_base64"] == "//4="
    assert answer_result(answer(b"a\0b"), 65_536, NO_SECRETS)["body_base64"] == "YQBi"
    zipped = answer_result(answer(b"ab", ("Content-Encoding", "gzip")), 65_536, NO_SECRETS)
    assert zipped["body_base64"] == "YWI="


def test_a_character_cut_in_two_is_left_out() -> None:
    cut = answer_result(answer("aé".encode()[:2], is_truncated=True), 65_536, NO_SECRETS)
    assert (cut["body"], cut["is_truncated"]) == ("a", True)


def test_cookies_are_masked_and_headers_are_one_line() -> None:
    result = answer_result(
        answer(b"", ("Set-Cookie", "session=1"), ("X-A", "1"), ("x-a", "2\x00\n")),
        65_536,
        NO_SECRETS,
    )
    assert result["headers"] == {"set-cookie": MASK, "x-a": "1, 2??"}


@pytest.mark.parametrize("body", [b"a" * 65_536, b"\x01" * 65_536, b'"' * 65_536, b"\xff" * 65_536])
@pytest.mark.parametrize("max_bytes", [65_536, 2_000, 100])
def test_what_is_kept_fits_whatever_the_body_is(body: bytes, max_bytes: int) -> None:
    result = answer_result(answer(body), max_bytes, NO_SECRETS)
    assert len(json.dumps(result, ensure_ascii=False)) <= max(max_bytes, 100)
    assert result["is_truncated"]


SECRET = "Bearer 0123456789abcdefghijklmnopqrstuvwxyz"
SECRETS = Secrets({"secret_headers": {"Authorization": SECRET}}, ["secret_headers"])


@pytest.mark.parametrize("before", range(460, 500))
def test_no_part_of_a_secret_is_left_where_an_answer_is_cut(before: int) -> None:
    """What is shown is masked by the whole value, which would not find a part of it."""
    echo = "." * before + SECRET + "!"
    assert "Bearer" not in SECRETS.message(excerpt(answer(echo.encode()), SECRETS))

    body = echo[: before + len(SECRET) - 1].encode()
    result = answer_result(answer(body, is_truncated=True), 65_536, SECRETS)
    assert result["body"] == "." * before

    far = "." * (HEADER_KEPT_CHARACTERS - 500) + echo
    headers = answer_result(answer(b"", ("X-Echo", far)), 65_536, SECRETS)["headers"]
    assert "Bearer" not in SECRETS.without(headers["x-echo"])


@pytest.mark.parametrize("before", range(1, 4))
def test_base64_does_not_hide_a_secret_that_an_answer_repeats(before: int) -> None:
    body = b"\0" * before + SECRET.encode() + b"\xff"
    kept = answer_result(answer(body), 65_536, SECRETS)["body_base64"]
    assert b64decode(kept) == b"\0" * before + MASK.encode() + b"\xff"

    cut = answer_result(answer(body[:-9], is_truncated=True), 65_536, SECRETS)["body_base64"]
    assert b64decode(cut) == b"\0" * before


def test_a_secret_is_masked_before_an_excerpt_is_made_one_line() -> None:
    secrets = Secrets({"secret_headers": {"X-Key": "two  spaces"}}, ["secret_headers"])
    assert excerpt(answer(b"no: two  spaces"), secrets) == f"no: {MASK}"


def test_what_only_looks_like_a_secret_stays_where_nothing_is_cut() -> None:
    assert excerpt(answer(b"send a Bearer"), SECRETS) == "send a Bearer"
    assert answer_result(answer(b"send a Bearer"), 65_536, SECRETS)["body"] == "send a Bearer"
