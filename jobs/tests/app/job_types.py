"""Job types for tests. The effect of each is a line in the file that NOTES_FILE names, or a row."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from rest_framework import serializers

from jobs.core.errors import OutcomeUnknown, PermanentError, RetryAfter
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import job_type
from jobs.tests.app.models import Note


class NotePayload(serializers.Serializer[dict[str, Any]]):
    """The text of a note, how long the handler takes, and how many attempts fail before."""

    text = serializers.CharField()
    seconds = serializers.FloatField(default=0.0)
    failures = serializers.IntegerField(default=0)
    error = serializers.ChoiceField(
        choices=["error", "permanent", "unknown", "retry_after", "crash"], default="error"
    )
    secret = serializers.CharField(default="", allow_blank=True)


def _leave(payload: Payload, context: JobContext) -> None:
    """Writes one line, in one call, so that lines of several processes do not mix."""
    line = f"{payload['text']} {context.job_id} {context.attempt} {context.worker}\n"
    descriptor = os.open(os.environ["NOTES_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def _fail(payload: Payload, context: JobContext) -> None:
    if context.attempt > payload["failures"]:
        return
    match payload["error"]:
        case "permanent":
            raise PermanentError("never again")
        case "unknown":
            raise OutcomeUnknown("who knows")
        case "retry_after":
            raise RetryAfter(0.2)
        case "crash":
            os._exit(1)
        case _:
            raise RuntimeError(f"failed on purpose {payload['secret']}")


@job_type("tests.note", payload=NotePayload, effect=Effect.IDEMPOTENT, sensitive=("secret",))
def note(payload: Payload, context: JobContext) -> None:
    """Safe to repeat: the line says which attempt it was."""
    time.sleep(payload["seconds"])
    _fail(payload, context)
    _leave(payload, context)


@job_type(
    "tests.note_keyed",
    payload=NotePayload,
    effect=Effect.IDEMPOTENT,
    concurrency_key=lambda payload: str(payload["text"]),
    max_concurrency=2,
)
def note_keyed(payload: Payload, context: JobContext) -> None:
    """Two at a time of one text."""
    _leave(payload, context)


@job_type("tests.told", payload=NotePayload, effect=Effect.IDEMPOTENT)
def told(payload: Payload, context: JobContext) -> dict[str, Any]:
    """Returns what it was told of the jobs before it."""
    return {"text": payload["text"], "previous": context.previous_result, "batch": context.batch}


@job_type("tests.note_limited", payload=NotePayload, effect=Effect.IDEMPOTENT, max_concurrency=1)
def note_limited(payload: Payload, context: JobContext) -> None:
    """One at a time, in all workers together."""
    time.sleep(payload["seconds"])
    _fail(payload, context)
    _leave(payload, context)


@job_type("tests.note_once", payload=NotePayload, effect=Effect.ONCE, sensitive=("secret",))
def note_once(payload: Payload, context: JobContext) -> None:
    """Must never be repeated. Its line comes first; then comes time in which it can be cut off."""
    _fail(payload, context)
    _leave(payload, context)
    time.sleep(payload["seconds"])


@job_type(
    "tests.note_transactional",
    payload=NotePayload,
    effect=Effect.TRANSACTIONAL,
    timeout_seconds=30,
)
def note_transactional(payload: Payload, context: JobContext) -> None:
    """Its row commits with the outcome."""
    Note.objects.create(text=payload["text"], job_id=context.job_id, attempt=context.attempt)
    time.sleep(payload["seconds"])
    _fail(payload, context)


@job_type(
    "tests.note_by_text",
    payload=NotePayload,
    effect=Effect.ONCE,
    key=lambda payload: str(payload["text"]),
)
def note_by_text(payload: Payload, context: JobContext) -> None:
    """One effect for each text, for all clients together."""
    _fail(payload, context)
    _leave(payload, context)
    time.sleep(payload["seconds"])


@job_type("tests.spin", payload=NotePayload, effect=Effect.IDEMPOTENT, timeout_seconds=1)
def spin(payload: Payload, context: JobContext) -> None:
    """Overruns its timeout in Python code, where it can be interrupted."""
    end = time.monotonic() + payload["seconds"]
    while time.monotonic() < end:
        time.sleep(0.01)


@job_type("tests.unresponsive", payload=NotePayload, effect=Effect.IDEMPOTENT, timeout_seconds=1)
def unresponsive(payload: Payload, context: JobContext) -> None:
    """Overruns its timeout in C code, where it cannot be interrupted."""
    time.sleep(payload["seconds"])


@job_type("tests.patient", payload=NotePayload, effect=Effect.ONCE)
def patient(payload: Payload, context: JobContext) -> None:
    """Takes long, and asks every 10 ms whether it was cancelled."""
    end = time.monotonic() + payload["seconds"]
    while time.monotonic() < end:
        context.stop_if_cancelled()
        time.sleep(0.01)
    _leave(payload, context)


@job_type("tests.leave_a_thread", payload=NotePayload, effect=Effect.IDEMPOTENT)
async def leave_a_thread(payload: Payload, context: JobContext) -> None:
    """Ends, and leaves a thread behind that goes on."""
    asyncio.get_running_loop().run_in_executor(None, time.sleep, payload["seconds"])
    _leave(payload, context)


@job_type("tests.block_the_loop", payload=NotePayload, effect=Effect.IDEMPOTENT)
async def block_the_loop(payload: Payload, context: JobContext) -> None:
    """Blocks the event loop, on which other handlers run too."""
    _leave(payload, context)
    time.sleep(payload["seconds"])


@job_type("tests.note_async", payload=NotePayload, effect=Effect.IDEMPOTENT, timeout_seconds=5)
async def note_async(payload: Payload, context: JobContext) -> None:
    """Runs on the event loop, many at a time."""
    await asyncio.sleep(payload["seconds"])
    _fail(payload, context)
    _leave(payload, context)


def _sleep_as_told(path: str) -> None:
    """In a process of its own: notes its id and that of a child of its own, and goes on."""
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(path).write_text(f"{os.getpid()} {program.pid}")
    time.sleep(600)


@job_type("tests.fork", payload=NotePayload, effect=Effect.IDEMPOTENT)
def fork(payload: Payload, context: JobContext) -> None:
    """Forks a process that goes on after the job; the text is a file for the ids of processes.

    With `failures` it is terminated, as a parent does.
    """
    process = multiprocessing.get_context("fork").Process(
        target=_sleep_as_told, args=[payload["text"]]
    )
    process.start()
    while not Path(payload["text"]).exists() or not Path(payload["text"]).read_text():
        time.sleep(0.01)
    if payload["failures"]:
        process.terminate()
        process.join(10)
        _leave({**payload, "text": str(process.exitcode)}, context)
    else:
        _leave({**payload, "text": "forked"}, context)


def _fork(payload: Payload) -> int | None:
    """In the parent: the exit status of a process that leaves the handler as the text says.

    In that process: None, or an exception.
    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if payload["text"] == "raises":
        raise RuntimeError("in the child")
    if payload["text"] == "exits":
        sys.exit(7)
    return None


def _note_status(payload: Payload, context: JobContext, status: int) -> None:
    Note.objects.create(text=f"{payload['text']} {status}", job_id=context.job_id, attempt=1)


@job_type(
    "tests.fork_and_go_on",
    payload=NotePayload,
    effect=Effect.TRANSACTIONAL,
    timeout_seconds=20,
)
def fork_and_go_on(payload: Payload, context: JobContext) -> None:
    """Forks a process that comes back from the handler, in the transaction of its parent."""
    if (status := _fork(payload)) is not None:
        _note_status(payload, context, status)


@job_type("tests.fork_on_the_loop", payload=NotePayload, effect=Effect.IDEMPOTENT)
async def fork_on_the_loop(payload: Payload, context: JobContext) -> None:
    """The same on the event loop."""
    if (status := _fork(payload)) is not None:
        await sync_to_async(_note_status)(payload, context, status)
