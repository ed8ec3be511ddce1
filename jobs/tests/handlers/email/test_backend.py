"""Which mail backend is used."""

from django.core import mail as django_mail

from jobs.tests.handlers.conftest import Mail, Mailer


def test_other_mail_backends_are_used_as_they_are(mailer: Mailer, mail: Mail) -> None:
    mailer.change("django.core.mail.backends.locmem.EmailBackend")

    mail.send()

    [message] = django_mail.outbox
    assert message.subject == "Hello"
    assert message.extra_headers["Message-ID"].startswith(f"<{mail.context.job_id}@")
