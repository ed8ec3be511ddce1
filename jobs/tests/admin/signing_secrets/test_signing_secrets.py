"""Signing secrets in the admin: made by those who may, shown once, and revoked."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import Event, SigningSecret
from jobs.tests.admin.pages import list_page
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db

ADD = "admin:jobs_signingsecret_add"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


def test_a_secret_is_made_and_shown_once(admin_client: Client) -> None:
    user = make_user()
    assert "user name" in admin_client.get(reverse(ADD)).text
    shown = admin_client.post(reverse(ADD), {"client": user.get_username()})
    [text] = SECRET.findall(shown.text)
    assert "no-store" in shown["Cache-Control"]
    secret = SigningSecret.objects.get()
    assert secret.client_id == user.pk
    event = Event.objects.get(action="signing_secret.created")
    assert text not in f"{event.after}{vars(secret)}"
    assert not SECRET.findall(admin_client.get(list_page(SigningSecret)).text)
    record = reverse("admin:jobs_signingsecret_change", args=[secret.pk])
    assert not SECRET.findall(admin_client.get(record).text)


def test_a_third_one_and_an_unknown_client_are_refused(admin_client: Client) -> None:
    for _ in range(2):
        admin_client.post(reverse(ADD), {"client": ""})
    assert "revoke one first" in admin_client.post(reverse(ADD), {"client": ""}).text
    assert "no account" in admin_client.post(reverse(ADD), {"client": "nobody"}).text
    assert SigningSecret.objects.count() == 2


def test_a_secret_is_revoked(admin_client: Client) -> None:
    admin_client.post(reverse(ADD), {"client": ""})
    secret = SigningSecret.objects.get()
    delete = reverse("admin:jobs_signingsecret_delete", args=[secret.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 302
    assert not SigningSecret.objects.exists()
    assert Event.objects.filter(action="signing_secret.revoked").exists()


def test_a_viewer_makes_none(viewer_client: Client) -> None:
    assert viewer_client.get(reverse(ADD)).status_code == 403
    assert viewer_client.post(reverse(ADD), {"client": ""}).status_code == 403
