"""No page of the admin answers 500, whatever an address or a form says."""

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from jobs.models import Job, ProcessedKey, Schedule
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db

ODD = [
    "\x00",
    "a\x00b",
    "\udc80",
    "\ud800\udfff",
    "\ufffe\ufeff\u202e",
    "9" * 5_000,
    "99999999999999999999",
    "-99999999999999999999",
    "9223372036854775808",
    "-1",
    "0",
    "1e999",
    "NaN",
    "1_0",
    "\u0661\u0662",
    "2026-02-30",
    "99999-99-99",
    "2026-13-01T25:61:61+99:99",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "0000000000000000000000000000000g",
    "%",
    "%%s",
    "%(id)s",
    "'\"\\",
    "_5F",
    "_00",
    "_ZZ",
    "[]",
    '{"a": 1}',
    "x" * 10_000,
    " ",
    "",
    "None",
    "True",
    "../../etc",
    "\U0001f600",
]
WORST = ["\x00", "\udc80", "9" * 5_000, "99999999999999999999", "2026-02-30"]
PARAMETERS = ["q", "p", "o", "ot", "all", "e", "_facets", "_popup", "_to_field", "next", "t"]
LOOKUPS = ["id", "pk", "id__exact", "id__in", "id__gte", "id__isnull", "id__date", "x__y__z"]
FORM_FIELDS = [
    "action",
    "index",
    "select_across",
    "_selected_action",
    "confirmed",
    "reason",
    "post",
]


@pytest.fixture
def client(admin_client: Client) -> Client:
    admin_client.raise_request_exception = False
    return admin_client


@pytest.fixture(autouse=True)
def records(make_dead_letters: MakeDeadLetters) -> None:
    make_dead_letters()
    make_job()
    Schedule.objects.create(name="nightly", type="tests.note", payload={}, every_seconds=60)


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def patterns(resolver: Any = None, before: str = "/admin/") -> Iterator[tuple[str, list[str]]]:
    """Every pattern below the admin: its path with `%s` for each argument, and their converters."""
    if resolver is None:
        [resolver] = [
            one
            for one in get_resolver().url_patterns
            if isinstance(one, URLResolver) and one.app_name == "admin"
        ]
    for one in resolver.url_patterns:
        route = str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, before + route.replace("^", ""))
        elif isinstance(one, URLPattern):
            yield before + route, list(one.pattern.converters)


def pages() -> list[str]:
    """Addresses without arguments."""
    return sorted({path for path, names in patterns() if not names and "(" not in path})


def filters(path: str) -> list[str]:
    """The parameters that a list knows itself."""
    found = [
        getattr(one, "parameter_name", "")
        for model, model_admin in admin.site._registry.items()
        if path == f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for one in model_admin.list_filter
        if isinstance(one, type)
    ]
    return [str(one) for one in found]


def with_arguments() -> list[str]:
    """Addresses with an odd text in the place of each argument."""
    found = []
    for number, (route, names) in enumerate(patterns()):
        texts = [*WORST[:2], *ODD[number % 3 :: 3]]
        for name, text in itertools.product(names, texts):
            values = dict.fromkeys(names, "1") | {name: encoded(text)}
            path = route
            for other, value in values.items():
                for form in (f"<path:{other}>", f"<int:{other}>", f"<{other}>", f"<str:{other}>"):
                    path = path.replace(form, value)
            found.append(path)
    return found


def failures(responses: Iterator[tuple[str, Any]]) -> list[str]:
    return [asked[:200] for asked, response in responses if response.status_code >= 500]


def test_there_is_something_to_try() -> None:
    assert len(pages()) > 25
    assert len(with_arguments()) > 400


def test_in_the_place_of_an_id(client: Client) -> None:
    assert failures((path, client.get(path)) for path in with_arguments()) == []


def test_confirmed_at_the_page_of_an_odd_id(client: Client) -> None:
    paths = [path for path in with_arguments() if "/delete/" in path or "/change/" in path]
    assert failures((path, client.post(path, {"post": "yes"})) for path in paths) == []


def test_in_the_parameters_of_an_address(client: Client) -> None:
    """Each parameter of each page with one of the worst texts, and filters with two."""
    asked = []
    for number, path in enumerate(page for page in pages() if "logout" not in page):
        names = [*PARAMETERS, *LOOKUPS, *filters(path)]
        asked += [(path, name, WORST[(i + number) % len(WORST)]) for i, name in enumerate(names)]
        asked += [(path, name, text) for name in filters(path) for text in WORST[:2]]
        asked += [(path, ODD[number % len(ODD)], "1")]
    addresses = [f"{path}?{encoded(name)}={encoded(text)}" for path, name, text in asked]
    assert failures((path, client.get(path)) for path in addresses) == []


def test_in_the_form_of_an_action(client: Client) -> None:
    asked = []
    for model, model_admin in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for action in model_admin.actions or ():
            name = action if isinstance(action, str) else action.__name__
            some = str(model._default_manager.values_list("pk", flat=True).first() or 1)
            chosen = {"action": name, "_selected_action": some, "confirmed": "yes"}
            asked += [(path, chosen | {field: text}) for field in FORM_FIELDS for text in WORST]
            asked += [(path, chosen | {"_selected_action": text}) for text in ODD]
    assert len(asked) > 100
    assert failures((f"{path} {data}", post(client, path, data)) for path, data in asked) == []


def test_a_key_with_characters_that_nobody_sees_can_be_selected() -> None:
    of_keys: Any = admin.site._registry[ProcessedKey]
    assert of_keys._can_be_key("tests.note:1:a\u00a0b\u200b")
    assert not of_keys._can_be_key("tests.note:1:a\udc80")


def test_in_the_fields_of_a_form(client: Client) -> None:
    asked = []
    for path in (one for one in pages() if one.endswith(("/add/", "/password_change/"))):
        response = client.get(path)
        if response.status_code == 200 and response.context:
            of_page = response.context.get("adminform")  # the theme calls other things `form`
            form = of_page.form if of_page else response.context["form"]
            asked += [
                (path, {**sound(form.fields), name: text}) for name in form.fields for text in WORST
            ]
            asked += [(path, dict.fromkeys(form.fields, text)) for text in ODD]
    assert len(asked) > 100
    assert failures((f"{path} {data}", post(client, path, data)) for path, data in asked) == []


SOUND = {
    "username": "ann",
    "password1": "a-long-pass-word-1",
    "password2": "a-long-pass-word-1",
    "name": "hourly",
    "type": "tests.note",
    "every_seconds": "60",
    "timezone": "UTC",
    "payload": '{"text": "x"}',
}


def sound(fields: Any) -> dict[str, str]:
    return {
        name: SOUND.get(
            name, "" if field.initial is None or callable(field.initial) else field.initial
        )
        for name, field in fields.items()
    }


def post(client: Client, path: str, data: dict[str, Any]) -> Any:
    """As a browser sends a form; what no browser sends is sent as bytes."""
    body = urlencode(
        {name: str(value).encode("utf-8", "surrogatepass") for name, value in data.items()}
    )
    return client.post(path, body, content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    "payload",
    [
        '{"text": "\\u0000"}',
        '{"text": "\\ud800"}',
        '{"\\u0000": 1}',
        "[" * 5_000,
        "1e999",
        "NaN",
        '{"text": NaN}',
        "9" * 5_000,
    ],
)
def test_in_json_that_staff_write(client: Client, payload: str) -> None:
    path = "/admin/jobs/schedule/add/"
    fields = client.get(path).context["adminform"].form.fields
    response = post(client, path, {**sound(fields), "payload": payload})
    assert response.status_code == 200, "the form says what is wrong"
    assert response.context["adminform"].form.errors


def test_the_log_in_page() -> None:
    client = Client(raise_request_exception=False)
    asked = [
        (f"/admin/login/?next={encoded(text)}", {"username": text, "password": text})
        for text in ODD
    ]
    assert failures((f"{path} {data}", post(client, path, data)) for path, data in asked) == []
    assert failures((path, client.get(path)) for path, _ in asked) == []
    assert Job.objects.exists()
