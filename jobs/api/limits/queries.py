"""What callers may say about limits."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, NamedTuple

from rest_framework import serializers

from jobs.api.shared.fields import QueryNumberField, SwitchField, TextField, WholeNumberField
from jobs.api.shared.pages import LIMIT_DEFAULT, LIMIT_MAX
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.actor import REASON_MAX
from jobs.core.limit import (
    LIMIT_NAME_MAX,
    MAX_CONCURRENCY_MAX,
    RATE_PATTERN,
    RATE_TOKENS_MAX,
    LimitRule,
    checked_concurrency,
    limit_rule,
    parse_rate,
)

RATE_MAX = 40  # characters
# Any number: which ones make sense, the rules of limits say, in their own words.
_LEAST, _MOST = -(2**63), 2**63 - 1


class LimitQuery(StrictSerializer):
    """The query string of `GET /limits`."""

    limit = QueryNumberField(min_value=1, max_value=LIMIT_MAX, default=LIMIT_DEFAULT)
    cursor = TextField(max_length=8 * LIMIT_NAME_MAX, default=None)

    def validate_cursor(self, cursor: str | None) -> str:
        """The name behind which the page begins."""
        try:
            name = urlsafe_b64decode(cursor.encode("ascii")).decode() if cursor else ""
            if "\0" in name:  # PostgreSQL has no such text
                raise ValueError("not a cursor")
            return name
        except ValueError:
            raise serializers.ValidationError(
                "Take the cursor from next of a page.", code="bad_cursor"
            ) from None


def cursor_behind(name: str) -> str:
    """The cursor of the page behind this name."""
    return urlsafe_b64encode(name.encode()).decode()


class ConcurrencyField(WholeNumberField):
    """How many at once; the rules of limits say by themselves what is too many."""

    json_schema = {"type": "integer", "minimum": 1, "maximum": MAX_CONCURRENCY_MAX}


class BurstField(WholeNumberField):
    """How many at once after a pause."""

    json_schema = {"type": "integer", "minimum": 1, "maximum": RATE_TOKENS_MAX}


class RateField(TextField):
    """`100/m` or `5/10s`."""

    json_schema = {"type": "string", "maxLength": RATE_MAX, "pattern": RATE_PATTERN}


class LimitBody(StrictSerializer):
    """The body of `PUT /limits/<name>`: all that the limit is to be. Null counts as absent."""

    max_concurrency = ConcurrencyField(
        min_value=_LEAST, max_value=_MOST, required=False, allow_null=True
    )
    rate = RateField(max_length=RATE_MAX, required=False, allow_null=True)
    burst = BurstField(min_value=_LEAST, max_value=_MOST, required=False, allow_null=True)
    is_fair = SwitchField(required=False)
    reason = TextField(max_length=REASON_MAX, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The values; each that makes no sense is refused where it stands."""
        concurrency, rate, burst = (
            attrs.get(name) for name in ("max_concurrency", "rate", "burst")
        )
        if concurrency is not None:
            _refuse("max_concurrency", checked_concurrency, concurrency)
        if rate is not None:
            _refuse("rate", parse_rate, rate)
        if burst is not None:
            _refuse("burst", limit_rule, None, rate, burst)
        return attrs


class AskedLimit(NamedTuple):
    """What a body asks for."""

    rule: LimitRule
    is_fair: bool
    reason: str


def asked_limit(data: Any) -> AskedLimit:
    """What the body says; raises DRF's `ValidationError`."""
    body = LimitBody(data=data)
    body.is_valid(raise_exception=True)
    said = body.validated_data
    rule = limit_rule(said.get("max_concurrency"), said.get("rate"), said.get("burst"))
    return AskedLimit(rule, said.get("is_fair", False), said.get("reason") or "")


def _refuse(field: str, rule: Any, *values: Any) -> None:
    try:
        rule(*values)
    except ValueError as error:
        text = str(error)
        raise serializers.ValidationError({field: f"{text[:1].upper()}{text[1:]}."}) from None
