"""What clients may send: nothing in a payload can add a header to a mail."""

from typing import Any

import pytest
from django.core.mail import EmailMessage
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from jobs.handlers.email.address import envelope_address
from jobs.handlers.email.send_email import SendEmailPayload
from jobs.tests.handlers.conftest import INJECTION

FINE: dict[str, Any] = {"to": ["ann@example.com"], "subject": "Hello", "text": "A line.\n"}
LINE_BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


def errors_of(payload: dict[str, Any]) -> set[str]:
    serializer = SendEmailPayload(data=payload)
    serializer.is_valid()
    return set(serializer.errors)


def test_the_least_that_is_needed() -> None:
    assert errors_of(FINE) == set()
    assert errors_of({}) == {"to", "subject", "text"}


def test_a_single_recipient_becomes_a_list() -> None:
    serializer = SendEmailPayload(data=FINE | {"to": "ann@example.com"})

    assert serializer.is_valid()
    assert serializer.validated_data["to"] == ["ann@example.com"]


@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to"])
@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@example.com, ben@example.com",
        "Ann <>",
        "jürgen@example.com",
        f"ann@example.com{INJECTION}",
        f"Ann{INJECTION} <ann@example.com>",
        "ann@example.com\n",
    ],
)
def test_what_is_not_one_mailbox(field: str, address: str) -> None:
    assert errors_of(FINE | {field: [address]}) == {field}


@pytest.mark.parametrize("sender", ["shop", f"shop@example.com{INJECTION}", "a@b.de, c@d.de"])
def test_what_is_not_a_sender(sender: str) -> None:
    assert errors_of(FINE | {"from_email": sender}) == {"from_email"}


@pytest.mark.parametrize(
    "address", ["ann@example.com", "Ann <ann@example.com>", '"Example, Ann" <ann@bücher.example>']
)
def test_mailboxes(address: str, settings: Settings) -> None:
    settings.JOBS_EMAIL_FROM = ["@example.com", "@bücher.example"]
    assert errors_of(FINE | {"to": [address], "from_email": address}) == set()


@given(st.text(alphabet='ab@.<>"\\\\,:;()[] äß=?\t', max_size=20))
@example("Ann <>")
@example("Ann <ann@example.com>")
@example('"Example, Ann" <ann@bücher.example>')
@example('"Ann\\\\" <ann@example.com>')
@example("a@" + "ü" * 70 + ".example")
def test_whatever_is_taken_for_a_mailbox_can_be_sent_to(text: str) -> None:
    serializer = SendEmailPayload(data=FINE | {"to": [text]})

    if serializer.is_valid():
        [mailbox] = serializer.validated_data["to"]
        message = EmailMessage(to=[mailbox])
        [sent_to] = message.recipients()
        assert "@" in envelope_address(sent_to)
        assert message.message()["To"]
        assert serializer.to_representation(serializer.validated_data)["to"] == [mailbox]


@pytest.mark.parametrize("line_break", LINE_BREAKS)
@pytest.mark.parametrize("where", ["Hello{}", "{}Hello", "Hello{}Bcc: everybody@example.com"])
def test_subjects_are_one_line(line_break: str, where: str) -> None:
    assert errors_of(FINE | {"subject": where.format(line_break)}) == {"subject"}


def test_between_1_and_50_recipients() -> None:
    many = [f"user{number}@example.com" for number in range(51)]

    assert errors_of(FINE | {"to": []}) == {"to"}
    assert errors_of(FINE | {"to": many[:50]}) == set()
    assert errors_of(FINE | {"to": many}) == {"to"}
    assert errors_of(FINE | {"cc": many * 2, "bcc": many * 2}) == {"cc", "bcc"}


@pytest.mark.parametrize(
    ("sender", "is_allowed"),
    [
        ("no-reply@example.org", True),
        ("Somebody Else <No-Reply@EXAMPLE.org>", True),
        ("other@example.org", False),
        ("shop@example.com", True),
        ("shop@sub.example.com", False),
        ("any@bücher.example", True),
        ("any@xn--bcher-kva.example", True),
        ("ceo@bank.example", False),
        ("no-reply@example.org.evil.example", False),
        ('"no-reply@example.org" <ceo@bank.example>', False),
    ],
)
def test_only_allowed_senders(sender: str, is_allowed: bool, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Example <no-reply@example.org>"
    settings.JOBS_EMAIL_FROM = ["Shop@Example.com", "@bücher.example"]

    serializer = SendEmailPayload(data=FINE | {"from_email": sender})

    assert serializer.is_valid() == is_allowed
    if not is_allowed:
        assert serializer.errors["from_email"][0].code == "sender_not_allowed"
        assert "JOBS_EMAIL_FROM" in serializer.errors["from_email"][0]


def test_the_recipients_of_a_mail_are_counted_wherever_they_are_named(settings: Settings) -> None:
    settings.JOBS_EMAIL_RECIPIENTS_MAX = 3
    two = ["ann@example.com", "ben@example.com"]

    assert errors_of(FINE | {"cc": two}) == set()
    for more in ({"cc": two, "bcc": ["cora@example.com"]}, {"to": two * 2}, {"bcc": two * 2}):
        serializer = SendEmailPayload(data=FINE | more)
        assert not serializer.is_valid()
        assert serializer.errors["to"][0].code == "too_many_recipients"
