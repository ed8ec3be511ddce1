"""What `from jobs import ...` offers, and when it is imported."""

import inspect
import re
import subprocess
import sys

import pytest

import jobs
from jobs.models import Job
from scheduler.env import BASE_DIR


@pytest.mark.parametrize("name", jobs.__all__)
def test_every_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(jobs, name).__name__ == name
    assert name in dir(jobs)


def code_in(*documents: str) -> set[str]:
    """The words that these documents have in code type, examples included."""
    text = "".join((BASE_DIR / "docs" / name).read_text() for name in documents)
    return set(re.findall(r"\w+", " ".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))))


def test_every_public_name_is_documented() -> None:
    documents = ("adopting.md", "batches.md", "job-types.md", "schedules.md")
    assert set(jobs.__all__) - code_in(*documents) == set()


def test_every_argument_of_the_decorators_is_documented() -> None:
    assert set(inspect.signature(jobs.job_type).parameters) - code_in("job-types.md") == set()
    assert set(inspect.signature(jobs.schedule).parameters) - code_in("schedules.md") == set()


def test_what_a_handler_may_ask_of_its_context_is_documented() -> None:
    of_the_worker = {"effect_start", "is_cancelled", "masked", "report"}
    names = {*dir(jobs.JobContext), *inspect.signature(jobs.JobContext).parameters}
    public = {name for name in names - of_the_worker if not name.startswith("_")}
    assert public - code_in("job-types.md") == set()


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = jobs.nothing


def test_importing_the_package_needs_no_settings_and_no_apps() -> None:
    program = "import sys, jobs; assert 'django' not in sys.modules; print(jobs.__version__)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BASE_DIR, env={}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_job_is_enqueued_once_for_its_key() -> None:
    first = jobs.enqueue("tests.note", {"text": "a"}, priority=7, idempotency_key="k")
    again = jobs.enqueue("tests.note", {"text": "a"}, priority=7, idempotency_key="k")
    assert (first.duplicate, again.duplicate) == (False, True)
    assert Job.objects.get().id == first.job_id == again.job_id
    assert Job.objects.get().priority == 7


@pytest.mark.django_db(transaction=True)
def test_many_are_enqueued_in_order() -> None:
    requests = (jobs.JobRequest("tests.note", {"text": str(number)}) for number in range(3))
    answers = jobs.enqueue_many(requests)
    ids = [one.job_id for one in answers if isinstance(one, jobs.Enqueued)]
    assert [Job.objects.get(id=job_id).payload["text"] for job_id in ids] == ["0", "1", "2"]


@pytest.mark.django_db(transaction=True)
def test_one_of_many_that_is_not_acceptable_means_none() -> None:
    requests = [jobs.JobRequest("tests.note", {"text": "a"}), jobs.JobRequest("tests.note", {})]
    with pytest.raises(jobs.RequestsRefused) as refusal:
        jobs.enqueue_many(requests)
    assert list(refusal.value.errors) == [1]
    assert not Job.objects.exists()
