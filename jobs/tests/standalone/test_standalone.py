"""`jobs` in another Django project: without `accounts`, `scheduler` and `tools`."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.tests.standalone.conftest import UUID_USERS, NewProject, Project
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.timeout(180)

StartWorker = Callable[[Project], "subprocess.Popen[bytes]"]

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
assert b"Job scheduler" not in page.content, "the name of another project"
print("fine")
"""

WHERE = """
from importlib.util import find_spec
import jobs
print(jobs.__file__, [find_spec(name) for name in ("accounts", "scheduler", "tools")])
"""

MANY = """
from jobs import JobRequest, enqueue, enqueue_many

requests = [
    JobRequest("touch", {"path": "/dev/null", "n": n}, idempotency_key=str(n)) for n in range(3)
]
first = [one.job_id for one in enqueue_many(requests)]
assert [one.job_id for one in enqueue_many(requests)] == first
assert enqueue("touch", {"path": "/dev/null", "n": 0}, idempotency_key="0").job_id == first[0]
print("fine")
"""


@pytest.fixture
def start_worker() -> Iterator[StartWorker]:
    """Starts `runworker` of a project; the test stops it, or it is killed."""
    started = []

    def start(project: Project) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            project.command("runworker"), cwd=project.directory, env=project.environment
        )
        started.append(process)
        return process

    yield start
    for process in started:
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


def test_the_processes_see_the_wheel_alone(project: Project) -> None:
    place, others = project.shell(WHERE).split(" ", 1)
    assert Path(place).is_relative_to(project.packages)
    assert others == "[None, None, None]"


@pytest.mark.parametrize("debug", [False, True])
def test_a_job_is_enqueued_and_done_and_shown(
    debug: bool, new_project: NewProject, start_worker: StartWorker, tmp_path: Path
) -> None:
    project = new_project(debug=debug)
    project.run("migrate", "--verbosity=0")
    touched = tmp_path / "touched"
    project.shell(ENQUEUE.format(path=str(touched)))

    worker = start_worker(project)
    wait_until(lambda: touched.exists() and len(touched.read_text().splitlines()) == 101, 60)
    assert sorted(map(int, touched.read_text().splitlines())) == list(range(1, 102))
    wait_until(lambda: project.shell(STATES) == "[('succeeded', 101)]", 60, every=0.5)

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert project.shell(ADMIN) == "fine"
    assert "Every promise holds." in project.run("verify_jobs")


def test_users_may_have_another_primary_key(new_project: NewProject) -> None:
    project = new_project(more_settings='AUTH_USER_MODEL = "shop.User"', models=UUID_USERS)
    project.run("makemigrations", "shop", "--verbosity=0")
    project.run("migrate", "--verbosity=0")
    assert project.shell(MANY) == "fine"


def test_it_has_no_migration_left_to_make(project: Project) -> None:
    assert "No changes detected" in project.run("makemigrations", "--check", "--dry-run")


def test_a_former_name_is_refused_at_the_start(new_project: NewProject) -> None:
    project = new_project(more_settings="JOBS_MARK_SECONDS = 3")
    done = project.start("runworker")
    assert done.returncode == 1
    assert "JOBS_MARK_SECONDS is called JOBS_CACHE_MARK_SECONDS now; rename it." in done.stderr
    assert "Traceback" not in done.stderr
