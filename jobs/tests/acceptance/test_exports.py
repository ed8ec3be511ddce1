"""An export of the admin, through the real server: in chunks, and whole."""

import json
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from jobs.tests.acceptance.processes import Service
from jobs.tests.factories import make_job, make_user

TOKEN = "a" * 32
JOBS = 450  # three pages


def cookies_of(user: User) -> str:
    """What a browser sends that is logged in as this user."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; csrftoken={TOKEN}"


def test_all_rows_come_in_chunks(service: Service) -> None:
    jobs = [str(make_job().id) for _ in range(JOBS)]
    chief = make_user(is_staff=True, is_superuser=True)
    address = urlsplit(service.api())
    with closing(HTTPConnection(address.hostname or "", address.port, timeout=30)) as connection:
        connection.request(
            "POST",
            "/admin/jobs/job/export/",
            f"form=jsonl&csrfmiddlewaretoken={TOKEN}",
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": cookies_of(chief),
            },
        )
        response = connection.getresponse()
        body = response.read().decode()
    assert response.status == 200, body[:2_000]
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert "jobs.jsonl" in response.headers["Content-Disposition"]
    assert [json.loads(line)["id"] for line in body.splitlines()] == jobs[::-1]
