"""`jobs` in a Django project that is not ours: without `accounts`, `scheduler` and `tools`."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.tests.standalone.conftest import Project
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.timeout(180)

ENQUEUE = """
from django.db import transaction
from jobs import JobRequest, enqueue, enqueue_many
from jobs.broker import get_broker

def waiting():
    return sum(get_broker().depth(["default"]).ready.values())

with transaction.atomic():
    first = enqueue("touch", {{"path": {path!r}, "n": 1}}, idempotency_key="first")
    assert waiting() == 0, "dispatched before the commit"
assert waiting() == 1
again = enqueue("touch", {{"path": {path!r}, "n": 1}}, idempotency_key="first")
assert again.duplicate and again.job_id == first.job_id
enqueue_many([JobRequest("touch", {{"path": {path!r}, "n": n}}) for n in range(2, 102)])
try:
    with transaction.atomic():
        enqueue("touch", {{"path": {path!r}, "n": 999}})
        raise RuntimeError
except RuntimeError:
    pass
print(first.job_id)
"""

STATES = """
from collections import Counter
from jobs.models import Job
print(sorted(Counter(Job.objects.values_list("state", flat=True)).items()))
"""

ADMIN = """
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from jobs.models import Job

client = Client()
client.force_login(User.objects.create_superuser("ann", password="x"))
for page in ("job", "deadletter", "processedkey", "worker"):
    assert client.get(f"/admin/jobs/{page}/").status_code == 200, page
page = client.get(f"/admin/jobs/job/{Job.objects.first().pk}/change/", follow=True)
assert page.status_code == 200 and b"touch" in page.content
assert finders.find("jobs/admin.css")
print("fine")
"""


@pytest.fixture
def worker(project: Project) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(
        project.command("runworker"), cwd=project.directory, env=project.environment
    )
    yield process
    process.kill()
    process.wait()


def test_the_wheel_has_all_files_and_no_tests(packages: Path) -> None:
    files = {str(path.relative_to(packages)) for path in (packages / "jobs").rglob("*.*")}
    assert {
        "jobs/py.typed",
        "jobs/sql/claim_jobs.sql",
        "jobs/broker/scripts/fetch.lua",
        "jobs/static/jobs/admin.css",
        "jobs/templates/admin/jobs/record.html",
        "jobs/templates/jobs/welcome/text.txt",
    } <= files
    assert not [name for name in files if name.startswith("jobs/tests")]
    assert {path.name for path in packages.iterdir() if path.suffix != ".dist-info"} == {"jobs"}


def test_a_job_is_enqueued_and_done_and_shown(
    project: Project, worker: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    project.shell(ENQUEUE.format(path=str(touched)))

    wait_until(lambda: touched.exists() and len(touched.read_text().splitlines()) == 101, 60)
    assert sorted(map(int, touched.read_text().splitlines())) == list(range(1, 102))
    wait_until(lambda: project.shell(STATES) == "[('succeeded', 101)]", 60, every=0.5)

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert project.shell(ADMIN) == "fine"
    assert "Every promise holds." in project.run("verify_jobs")


def test_it_has_no_migration_left_to_make(project: Project) -> None:
    assert "No changes detected" in project.run("makemigrations", "--check", "--dry-run")


def test_what_cannot_work_is_refused_at_the_start(project: Project) -> None:
    with (project.directory / "shop" / "settings.py").open("a") as settings:
        settings.write("JOBS_MARK_SECONDS = 3\n")
    done = subprocess.run(
        project.command("runworker"),
        cwd=project.directory,
        env=project.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "JOBS_MARK_SECONDS is called JOBS_CACHE_MARK_SECONDS now" in done.stderr
