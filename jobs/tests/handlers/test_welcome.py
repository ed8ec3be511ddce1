"""`send_welcome_email`: one welcome for one address, however it is spelt."""

import logging

import pytest

from jobs.core.states import Effect
from jobs.handlers.context import JobContext
from jobs.handlers.registry import job_types
from jobs.handlers.welcome import WelcomePayload, same_address, send_welcome_email
from jobs.tests.handlers.conftest import INJECTION
from jobs.tests.smtp_server import SmtpServer


def test_the_welcome_arrives(smtp_server: SmtpServer, context: JobContext) -> None:
    send_welcome_email({"email": "user1@example.com", "name": "Ann & Ben"}, context)

    [received] = smtp_server.accepted
    assert received.recipients == ["user1@example.com"]
    message = received.message
    assert message["To"] == "user1@example.com"
    assert message["Subject"] == "Welcome"
    assert message["Message-ID"].startswith(f"<{context.job_id}@")
    assert message.get_content().startswith("Hello Ann & Ben,\n\nwelcome!")


def test_a_name_is_not_needed(smtp_server: SmtpServer, context: JobContext) -> None:
    send_welcome_email({"email": "user1@example.com"}, context)

    assert smtp_server.accepted[0].message.get_content().startswith("Hello,\n")


def test_a_person_reads_it_in_the_log(
    smtp_server: SmtpServer, context: JobContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    send_welcome_email({"email": "user1@example.com"}, context)

    assert caplog.messages == ["Successfully sent welcome email to user1@example.com"]


@pytest.mark.parametrize(
    "spelling",
    [
        "User1@Example.COM",
        "USER1@EXAMPLE.COM",
        "user1@example.com",
        '"user1"@example.com',
        '"Us\\er1"@example.com',
        '"\\u\\s\\e\\r\\1"@EXAMPLE.com',
    ],
)
def test_spellings_of_one_address_share_a_key(spelling: str) -> None:
    assert same_address({"email": spelling}) == "user1@example.com"


def test_both_forms_of_an_international_domain_share_a_key() -> None:
    unicode_form = same_address({"email": "ann@Bücher.example"})

    assert unicode_form == same_address({"email": "ann@xn--bcher-kva.example"})


def test_it_is_declared_as_not_to_be_repeated_and_keyed_by_the_address() -> None:
    welcome = job_types.get("send_welcome_email")

    assert welcome.effect is Effect.ONCE
    assert welcome.key is not None
    assert welcome.key({"email": "Ann@example.com", "name": "A"}) == welcome.key(
        {"email": "ann@example.com", "name": "B"}
    )


@pytest.mark.parametrize("field", ["email", "name"])
def test_the_welcome_cannot_be_injected_into(field: str) -> None:
    serializer = WelcomePayload(data={"email": "ann@example.com"} | {field: f"Ann{INJECTION}"})

    assert not serializer.is_valid()
    assert set(serializer.errors) == {field}
