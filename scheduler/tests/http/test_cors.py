"""Browsers let pages of other origins call the API only where the settings say so."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from scheduler import cors
from scheduler.cors import SETTINGS, cors_fields, cors_origins, cors_settings
from scheduler.http.routes import ROUTES
from scheduler.variables import Variables

pytestmark = pytest.mark.django_db

ORIGIN = "https://app.example.com"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}


def allow(settings: Settings, *origins: str) -> Client:
    for name, value in cors_settings(list(origins)).items():
        setattr(settings, name, value)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:2], cors.MIDDLEWARE, *settings.MIDDLEWARE[2:]]
    return Client(raise_request_exception=False)


def given(response: Any) -> dict[str, str]:
    names = (name for name in response.headers if name.lower().startswith("access-control-"))
    return {name.lower().removeprefix("access-control-"): response.headers[name] for name in names}


def test_closed_by_default() -> None:
    assert cors_fields("/addJob", ORIGIN) == {}
    for response in (
        Client().options("/addJob", headers=PREFLIGHT),
        Client().get("/health/live", headers={"Origin": ORIGIN}),
    ):
        assert given(response) == {}


def test_a_preflight_is_answered(settings: Settings) -> None:
    for path in ("/addJob", "/v1/addJob"):
        response = allow(settings, ORIGIN).options(path, headers=PREFLIGHT)

        assert response.status_code == 200
        told = given(response)
        assert told["allow-origin"] == ORIGIN
        assert {"authorization", "content-type", "idempotency-key", "if-match"} <= set(
            told["allow-headers"].split(", ")
        )
        assert told["allow-methods"] == "GET, POST, PUT, PATCH, DELETE, OPTIONS"
        assert "allow-credentials" not in told
        assert "origin" in response["Vary"].lower()


def test_a_page_may_make_every_call() -> None:
    assert {route.method for route in ROUTES} <= {*SETTINGS["CORS_ALLOW_METHODS"]}


def test_an_answer_of_the_server_has_the_same_fields_as_one_of_django(settings: Settings) -> None:
    for allowed, origin in ((ORIGIN, ORIGIN), (ORIGIN, "https://b.example"), ("*", ORIGIN)):
        answer = allow(settings, allowed).get("/health/live", headers={"Origin": origin})
        fields = cors_fields("/health/live", origin)

        assert fields.pop("Vary") in answer["Vary"]
        assert {name.lower(): value for name, value in fields.items()} == {
            f"access-control-{name}": value for name, value in given(answer).items()
        }
        assert cors_fields("/admin/", origin) == {}


def test_a_refusal_can_be_read(settings: Settings) -> None:
    """Also one of the first middlewares; otherwise a page sees no more than that it failed."""
    client = allow(settings, ORIGIN)
    for response in (
        client.post("/addJob", headers={"Origin": ORIGIN}),
        client.post("/addJob", headers={"Origin": ORIGIN, "Content-Encoding": "gzip"}),
    ):
        assert response.status_code in (401, 415)
        told = given(response)
        assert told["allow-origin"] == ORIGIN
        exposed = told["expose-headers"].split(", ")
        assert {"Location", "Retry-After", "Link", "ETag", "X-Request-ID", "RateLimit"} <= set(
            exposed
        )


@pytest.mark.parametrize(
    "origin", ["https://app.example.com.evil.example", "http://app.example.com", "null", "x"]
)
def test_other_origins_are_told_nothing(settings: Settings, origin: str) -> None:
    client = allow(settings, ORIGIN)
    assert given(client.options("/addJob", headers={**PREFLIGHT, "Origin": origin})) == {}
    assert given(client.get("/health/live", headers={"Origin": origin})) == {}


def test_any_origin_may_be_allowed_and_never_with_cookies(settings: Settings) -> None:
    told = given(allow(settings, "*").get("/health/live", headers={"Origin": "https://a.example"}))

    assert told["allow-origin"] == "*"
    assert "allow-credentials" not in told


def test_the_admin_is_left_out(settings: Settings) -> None:
    response = allow(settings, "*").get("/admin/login/", headers={"Origin": ORIGIN})
    assert given(response) == {}


def test_origins_are_read_from_the_variable() -> None:
    text = "https://a.example, http://localhost:5173,https://[2001:db8::1]:8443"
    assert cors_origins(Variables({"CORS_ALLOWED_ORIGINS": text})) == [
        "https://a.example",
        "http://localhost:5173",
        "https://[2001:db8::1]:8443",
    ]
    assert cors_origins(Variables({"CORS_ALLOWED_ORIGINS": "*"})) == ["*"]
    assert cors_origins(Variables({})) == []
