"""Signatures as a receiver checks them, with the code that the documents show."""

import base64
import json
import subprocess
from email.message import Message
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.services.users import user_delete
from jobs.core.errors import PermanentError
from jobs.core.signing import webhook_id
from jobs.core.signing_errors import TooManySigningSecrets
from jobs.models import SigningSecret
from jobs.services.signing_secrets import (
    signing_secret_create,
    signing_secret_revoke,
    signing_secrets_of,
)
from jobs.tests.factories import make_job, make_user
from jobs.tests.handlers.http_request.conftest import Call
from jobs.tests.handlers.http_request.received import headers_of
from jobs.tests.http_receiver import HttpReceiver
from jobs.tests.sources import ROOT

pytestmark = pytest.mark.django_db


def example(language: str) -> str:
    """What docs/http-jobs.md tells receivers to do."""
    page = (ROOT / "docs" / "http-jobs.md").read_text(encoding="utf-8")
    return page.partition(f"```{language}\n")[2].partition("\n```")[0]


def is_signed_with(secret: str, request: bytes) -> bool:
    """What the example in Python says."""
    headers = Message()
    for name, value in headers_of(request).items():
        headers[name] = value
    told: dict[str, Any] = {}
    exec(example("python"), told)
    return bool(told["is_ours"](secret, headers, request.partition(b"\r\n\r\n")[2]))


def is_signed_in_javascript(secret: str, request: bytes) -> bool:
    """What the other one says."""
    body = base64.b64encode(request.partition(b"\r\n\r\n")[2]).decode()
    arguments = json.dumps([secret, headers_of(request)])[1:-1]
    asked = f'console.log(isOurs({arguments}, Buffer.from("{body}", "base64")));'
    done = subprocess.run(
        ["node", "-"], input=f"{example('javascript')}\n{asked}", capture_output=True, text=True
    )
    assert done.stdout.strip() in ("true", "false"), done.stderr
    return done.stdout.strip() == "true"


def sent_by(call: Call, **more: Any) -> bytes:
    with HttpReceiver() as receiver:
        call(receiver.port, json={"é": 1}, **more)
    return receiver.requests[0]


def test_a_call_is_signed_with_each_secret_of_its_client(call: Call) -> None:
    first = signing_secret_create(client_id=None)
    assert is_signed_with(first.text, sent_by(call))
    second = signing_secret_create(client_id=None)
    others = signing_secret_create(client_id=make_user().pk)
    both = sent_by(call)
    assert is_signed_with(first.text, both)
    assert is_signed_with(second.text, both)
    assert not is_signed_with(others.text, both)
    assert is_signed_in_javascript(second.text, both)
    assert not is_signed_in_javascript(others.text, both)
    signing_secret_revoke(secret_id=first.secret.id)
    assert not is_signed_with(first.text, sent_by(call))


def test_the_secret_is_that_of_who_submitted_the_job(call: Call) -> None:
    user = make_user()
    theirs, of_code = (
        signing_secret_create(client_id=user.pk),
        signing_secret_create(client_id=None),
    )
    request = sent_by(call, job_id=make_job(submitted_by_id=user.pk).id)
    assert is_signed_with(theirs.text, request)
    assert not is_signed_with(of_code.text, request)


def test_a_client_that_has_left_has_no_secret_and_not_that_of_code(call: Call) -> None:
    user = make_user()
    signing_secret_create(client_id=user.pk)
    of_code = signing_secret_create(client_id=None)
    theirs, codes = make_job(submitted_by_id=user.pk), make_job()
    user_delete(user=user)
    unsigned = sent_by(call, job_id=theirs.id)
    assert b"webhook-signature" not in unsigned.lower()
    assert b"webhook-id" in unsigned.lower()
    assert is_signed_with(of_code.text, sent_by(call, job_id=codes.id))


def test_there_are_two_at_a_time(db: None) -> None:
    user = make_user()
    for client_id in (None, user.pk):
        signing_secret_create(client_id=client_id)
        signing_secret_create(client_id=client_id)
        with pytest.raises(TooManySigningSecrets):
            signing_secret_create(client_id=client_id)
    user.delete()
    assert set(SigningSecret.objects.values_list("client_id", flat=True)) == {None}


def test_a_former_key_is_enough_and_without_it_nothing_is_sent(
    call: Call, settings: Settings
) -> None:
    made, former = signing_secret_create(client_id=None), settings.SECRET_KEY
    settings.SECRET_KEY = "n" * 50
    settings.SECRET_KEY_FALLBACKS = [former]
    assert is_signed_with(made.text, sent_by(call))
    settings.SECRET_KEY_FALLBACKS = []
    with HttpReceiver() as receiver, pytest.raises(PermanentError, match="SECRET_KEY_FALLBACKS"):
        call(receiver.port)
    assert receiver.connections == 0


def test_the_row_does_not_tell_the_secret(settings: Settings) -> None:
    made = signing_secret_create(client_id=None)
    [secret] = signing_secrets_of(None)
    assert len(secret) == 32
    assert made.text not in str(vars(made.secret))
    assert settings.SECRET_KEY not in str(vars(made.secret))


@pytest.mark.parametrize("key", ["http_request:7:order é", "a\r\nX: 1", "a%b", "a b"])
def test_an_effect_key_cannot_bend_the_header(key: str) -> None:
    assert all("!" <= character <= "~" for character in webhook_id(key))
    assert webhook_id(key) != key
