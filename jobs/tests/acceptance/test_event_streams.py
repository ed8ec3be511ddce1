"""Streams of events, on a real server with a real worker."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from time import monotonic

from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from jobs.tests.acceptance.client import Client
from jobs.tests.acceptance.processes import Process, Service
from jobs.tests.acceptance.streams import opened
from jobs.tests.acceptance.waiting_clients import threads_of, until, watched

Shared = tuple[Process, str]


def test_a_job_is_followed_from_its_queue_to_its_end(service: Service, shared_api: Shared) -> None:
    _, address = shared_api
    client = Client(address).sign_up()
    job = client.add_job("tests.note", {"text": "followed", "failures": 1})["id"]

    async def run() -> None:
        async with opened(address, client.token, job, "*") as refused:
            assert refused.status == 400
            assert "content-length" in refused.head  # it ends
        async with opened(address, client.token, job) as stream:
            assert stream.status == 200
            assert "content-type: text/event-stream" in stream.head
            assert "content-length" not in stream.head
            queued = await stream.event()
            assert queued
            assert (queued.name, queued.data["state"]) == ("state", "queued")
            await asyncio.to_thread(service.worker, "worker")
            seen = []
            while event := await stream.event():
                seen.append(event)
            assert "attempt" in [event.name for event in seen]
            assert seen[-1].name == "final"
            assert seen[-1].data["state"] == "succeeded"
            assert seen[-1].data == client.get(f"/jobs/{job}")[1]
        # Who knows the end need not ask again; who does not is told the rest.
        async with opened(address, client.token, job, seen[-1].id) as again:
            assert again.status == 204
        async with opened(address, client.token, job, queued.id) as again:
            rest = []
            while event := await again.event():
                rest.append(event.name)
            assert rest[-1] == "final"

    asyncio.run(run())


def test_a_running_job_is_told_without_a_look_at_the_rows(
    service: Service, shared_api: Shared
) -> None:
    """By the announcement of its claim."""
    _, address = shared_api
    client = Client(address).sign_up()
    job = client.add_job("tests.patient", {"text": "slow", "seconds": 30})["id"]

    async def run() -> None:
        async with opened(address, client.token, job) as stream:
            assert await stream.event()
            await asyncio.to_thread(service.worker, "worker")
            running = await stream.event()
            assert running
            assert running.data["state"] == "running"
            await asyncio.to_thread(client.post, f"/jobs/{job}/cancel")
            final = await stream.event()
            assert final
            assert (final.name, final.data["state"]) == ("final", "cancelled")

    asyncio.run(run())


def test_a_batch_is_followed_to_its_end(service: Service, shared_api: Shared) -> None:
    server, address = shared_api
    client = Client(address).sign_up()
    batch = client.post("/batches", {"name": "followed"})[1]["id"]
    notes = [{"type": "tests.note", "payload": {"text": f"{n}", "seconds": 0.2}} for n in range(20)]
    before = threads_of(server)

    async def run() -> None:
        async with opened(address, client.token, batch, of="batches") as stream:
            first = await stream.event()
            assert first
            assert (first.name, first.data["state"], first.data["total"]) == ("progress", "open", 0)
            await asyncio.to_thread(client.post, f"/batches/{batch}/jobs", {"jobs": notes})
            await asyncio.to_thread(client.post, f"/batches/{batch}/close", {})
            await asyncio.to_thread(service.worker, "worker")
            seen = [first]
            while event := await stream.event():
                seen.append(event)
            done = [event.data["done"] for event in seen]
            assert done == sorted(done)
            assert {event.name for event in seen[:-1]} == {"progress"}
            assert seen[-1].name == "final"
            assert seen[-1].data == client.get(f"/batches/{batch}")[1]
            assert seen[-1].data["succeeded"] == 20
        async with opened(address, client.token, batch, seen[-1].id, of="batches") as again:
            assert again.status == 204
        async with opened(address, client.token, batch, first.id, of="batches") as again:
            event = await again.event()
            assert event == seen[-1]

    asyncio.run(run())
    assert threads_of(server) <= before + 1  # the one that looks for news of all


def test_open_streams_take_no_thread_and_hold_up_no_stop(service: Service) -> None:
    server, address = service.api_process()
    client = Client(address).sign_up()
    job = client.add_job("tests.note", {"text": "followed"})["id"]
    before = threads_of(server)

    async def run() -> None:
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(opened(address, client.token, job))
                for _ in range(50)
            ]
            for stream in streams:
                assert await stream.event()
            assert threads_of(server) <= before + 1
            begun = monotonic()
            await asyncio.to_thread(server.stop)
            assert monotonic() - begun < 15  # gunicorn would wait for 20 s
            assert [await stream.event() for stream in streams] == [None] * len(streams)

    asyncio.run(run())


def test_a_client_that_hangs_up_gives_up_its_place(service: Service) -> None:
    address = service.api(JOBS_WAITS_PER_CLIENT="1")
    client = Client(address).sign_up()
    job = client.add_job("tests.note", {"text": "followed"})["id"]

    async def status() -> int:
        async with opened(address, client.token, job) as stream:
            return stream.status

    async def run() -> None:
        async with opened(address, client.token, job) as stream:
            assert await stream.event()
            await until(lambda: watched() == 1)
            assert await status() == 429
        async with asyncio.timeout(20):
            while await status() != 200:
                pass

    asyncio.run(run())


def test_a_stream_ends_when_its_token_has_expired(service: Service, shared_api: Shared) -> None:
    _, address = shared_api
    client = Client(address).sign_up()
    job = client.add_job("tests.note", {"text": "followed"})["id"]
    token = AccessToken.for_user(User.objects.get(username="customer"))
    token.set_exp(lifetime=timedelta(seconds=4))

    async def run() -> None:
        async with opened(address, str(token), job) as stream:
            assert await stream.event()
            assert await stream.event() is None
        async with opened(address, str(token), job) as stream:
            assert stream.status == 401

    asyncio.run(run())
