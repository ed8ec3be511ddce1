"""docs/api.md is true: its examples are run in their order, as a newcomer would, and its answers
have the form that the document tells. So are those of the pages that show calls of their own."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from accounts.models import User
from accounts.services.service_accounts import secret_create, service_account_create
from jobs.tests.acceptance.processes import Service
from jobs.tests.factories import allow
from jobs.tests.sources import ROOT
from tools.clients.node import node_with_packages
from tools.development.openapi_file import FILE
from tools.mail.record import MailRecord
from tools.mail.sink import MailSink
from tools.ports import listen

GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:<!-- (\w+) -->\n)?```(\w*)\n(.*?)\n```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"
LANGUAGES = {"python": "# ", "ts": "// "}
PAGES = (
    "README.md",
    *(f"docs/{name}.md" for name in ("schedules", "limits", "batches", "http-jobs", "idempotency")),
)

# Seconds. The slowest parts are TypeScript's compiler and the generated client.
PATIENCE = 240

# Where the mail server listens, or on the next one that is free.
MAIL_PORT = 21_025


def blocks(language: str, page: str = GUIDE) -> list[tuple[str, str]]:
    """What stands before each example in this language, and the example."""
    return [(schema, text) for schema, kind, text in BLOCK.findall(page) if kind == language]


def test_every_example_is_of_a_kind_that_is_tried() -> None:
    assert {kind for _, kind, _ in BLOCK.findall(GUIDE)} == {"sh", "json", *LANGUAGES}


@pytest.mark.parametrize(("schema", "text"), blocks("json"))
def test_answers_have_the_form_that_the_document_tells(schema: str, text: str) -> None:
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    told = document["components"]["schemas"][schema]
    assert json.loads(text).keys() <= told["properties"].keys()
    root = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    jsonschema.validate(json.loads(text), root)


@pytest.mark.timeout(PATIENCE + 60)
def test_every_example_works(service: Service, tmp_path: Path) -> None:
    place = tmp_path / "newcomer"
    place.mkdir()
    node_with_packages().link(place)
    address = service.api()
    for language, comment in LANGUAGES.items():
        for _, text in blocks(language):
            name = text.partition("\n")[0].removeprefix(comment)
            (place / name).write_text(text.replace(ADDRESS, address))
    # The mail server of bin/start, for which the guide is written.
    with MailSink(tmp_path, listen(MAIL_PORT)) as mail:
        service.worker("worker", EMAIL_URL=f"smtp://127.0.0.1:{mail.port}")
        run_examples(GUIDE, address, place, **credentials())

    names = [*(f"user{number}" for number in range(1, 11)), "python", "typescript"]
    for name in names:
        [entry] = MailRecord(tmp_path).about([f"{name}@example.com"])
        assert not entry.refused
    assert len(list(tmp_path.glob("*.eml"))) == len(names)


@pytest.mark.timeout(PATIENCE + 60)
def test_the_examples_of_other_pages_work(service: Service, tmp_path: Path) -> None:
    password = "wide-river-42"
    User.objects.create_superuser("admin", password=password)
    address = service.api(JOBS_HTTP_ALLOWED_HOSTS="service.example.com")
    pages = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}
    [(_, first), *_] = blocks("sh", pages["docs/limits.md"])
    variables = first.partition("\n\n")[0]
    for name, page in pages.items():
        assert blocks("sh", page), name
        run_examples(page, address, tmp_path, before=variables, PASSWORD=password)


def run_examples(
    page: str, address: str, place: Path, *, before: str = "", **variables: str
) -> None:
    """Runs what the page has for a shell, in one shell; fails at the first command that does."""
    examples = [text for _, text in blocks("sh", page)]
    script = "\n".join(["set -euo pipefail", "PS4='+ '; set -x", before, *examples])
    done = subprocess.run(
        ["bash", "-c", script.replace(ADDRESS, address)],
        cwd=place,
        env={**os.environ, **variables, "PATH": search_path(), "API": f"{address}/v1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout[-6_000:]


def credentials() -> dict[str, str]:
    """A service account as the guide wants it."""
    scopes = ["jobs:read", "jobs:write", "dlq:read", "dlq:write"]
    account = service_account_create(name="newcomer", scopes=scopes)
    allow(account.user, "replay_deadletter")
    secret = secret_create(account=account).text
    return {"CLIENT_ID": account.client_id, "CLIENT_SECRET": secret}


def search_path() -> str:
    """Where programs are found; fails where the guide needs one that is not there."""
    for name in ("bash", "curl", "jq"):
        assert shutil.which(name), f"{name} is needed for docs/api.md"
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
