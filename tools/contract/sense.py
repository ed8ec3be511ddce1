"""Names and moments that make sense, in requests that are meant to be valid."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tools.contract.variables import HTTP_HOST

JOB_TYPE, QUEUE = "send_welcome_email", "emails"
JOB_TYPES = frozenset({JOB_TYPE, "send_email", "http_request"})
PAYLOAD = {"email": "someone@example.com"}
# Of the host that the service may call.
URL = f"https://{HTTP_HOST}/tasks"

# Codes of errors about rules that no schema can state: between members, of moments that pass, of
# languages (cron, zones, rates, URLs), and of what a caller has to have from the server.
_IN_WORDS = frozenset(
    {
        "run_at_and_delay",
        "two_expiries",
        "expires_before_it_may_run",
        "nothing_to_edit",
        "bad_cursor",
        "url_refused",
        "differs",
        "password_too_similar",
        "password_too_common",
        "password_entirely_numeric",
        "one_line",
        "mailbox",
        "sender_not_allowed",
        "too_many_recipients",
        "header_refused",
        "given",
        "null_character",
        "null_characters_not_allowed",
        "unique",
        "submission_not_allowed",
    }
)
# The same for errors whose code tells less, of these members: mail addresses are stricter than the
# format of JSON Schema, a rate has a largest one, a call over HTTP has one body at most, and what a
# stream goes on behind is an event that it has had.
_OF_MEMBERS = frozenset(
    {
        "email",
        "rate",
        "burst",
        "text",
        "json",
        "json_from",
        "final_on",
        "secret_headers",
        "Last-Event-ID",
    }
)
# Codes of whole problems: of a valid call because of another one before it, and of languages.
_PROBLEMS_IN_WORDS = frozenset(
    {
        "idempotency_key_header_reused",
        "idempotency_key_reused",
        "invalid_schedule",
        "invalid_limit",
    }
)


def is_said_in_words(problem: Mapping[str, Any]) -> bool:
    """Whether a valid request may be refused so: for nothing but rules that stand in words."""
    if problem["code"] in _PROBLEMS_IN_WORDS:
        return True
    errors = problem["errors"]
    return bool(errors) and all(_is_rule_in_words(error) for error in errors)


def _is_rule_in_words(error: Mapping[str, str]) -> bool:
    member = error["pointer"].rpartition("/")[2]
    if member == "all":  # of a redrive without any condition
        return True
    if (member, error["code"]) == ("submitted_by", "unknown"):
        return True
    return error["code"] in _IN_WORDS or (error["code"] == "invalid" and member in _OF_MEMBERS)


def is_refused_by_item(answer: Any) -> bool:
    """Whether a call that submits many is answered with the refusal of some of them."""
    results = answer.get("results") if isinstance(answer, dict) else None
    return isinstance(results, list) and any(one.get("status", 0) >= 400 for one in results)


def with_sense(value: Any, now: datetime) -> Any:
    """The body or query, with names and hosts that there are, and moments that are near."""
    if isinstance(value, list):
        return [with_sense(one, now) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _sensible(name, one, now) for name, one in value.items() if name != "batch"}
    if isinstance(made.get("type"), str) and made["type"] not in JOB_TYPES:
        made["type"] = JOB_TYPE
        if "payload" in made:
            made["payload"] = PAYLOAD
    return made


def _sensible(name: str, value: Any, now: datetime) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 3.0 is an integer for JSON Schema, and none here, as it is written
    if not isinstance(value, str):
        return with_sense(value, now)
    if name == "queue":
        return QUEUE
    if name in ("url", "callback_url"):
        return URL
    if name in ("run_at", "starts_at"):
        return (now + timedelta(hours=1)).isoformat()
    if name in ("expires_at", "ends_at"):
        return (now + timedelta(days=1)).isoformat()
    return value
