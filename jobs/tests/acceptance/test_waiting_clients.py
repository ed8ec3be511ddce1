"""Clients that wait, on a real server: they take no thread, and others are served meanwhile."""

import asyncio
import json
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from jobs.models import Job
from jobs.tests.acceptance.client import Client
from jobs.tests.acceptance.processes import Process, Service
from jobs.tests.acceptance.waiting_clients import threads_of, until, watched

CLIENTS = 200
PAYLOAD = {"text": "waited for"}
LONG_SECONDS = 5  # no answer at once takes so long, however busy the machine

Shared = tuple[Process, str]


class Waiting:
    """Calls that wait, on one event loop; each has a connection of its own."""

    def __init__(self, address: str, token: str) -> None:
        self._url = urlsplit(address)
        self._token = token

    async def answer(self, path: str) -> tuple[int, Any, float]:
        """Status, body, and the moment of the answer."""
        reader, writer = await asyncio.open_connection(self._url.hostname, self._url.port)
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        writer.write(f"{head}Authorization: Bearer {self._token}\r\n\r\n".encode())
        try:
            answer = await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()
        head, _, body = answer.decode().partition("\r\n\r\n")
        return int(head.split(" ")[1]), json.loads(body), monotonic()


def test_200_clients_wait_without_a_thread_each(service: Service, shared_api: Shared) -> None:
    server, address = shared_api
    client = Client(address).sign_up()
    jobs = [client.add_job("tests.note", PAYLOAD)["id"] for _ in range(CLIENTS)]
    waiting = Waiting(address, client.token)
    before = threads_of(server)

    async def run() -> None:
        calls = [asyncio.create_task(waiting.answer(f"/jobs/{one}?wait=60")) for one in jobs]
        await until(lambda: watched() == CLIENTS)
        assert threads_of(server) <= before + 1  # the one that hears what is announced
        # Others are served meanwhile, each in its own time.
        for number in range(50):
            job = await asyncio.to_thread(client.add_job, "tests.note", {"text": str(number)})
            assert job["state"] == "queued"
        assert not [call for call in calls if call.done()]
        await asyncio.to_thread(service.worker, "worker")
        answers = await asyncio.wait_for(asyncio.gather(*calls), 40)
        assert {(status, body["state"]) for status, body, _ in answers} == {(200, "succeeded")}
        assert {body["id"] for _, body, _ in answers} == set(jobs)

    asyncio.run(run())
    assert threads_of(server) <= before + 1


def test_an_answer_comes_when_the_job_ends_and_not_when_others_do(
    transactional_db: None, shared_api: Shared
) -> None:
    _, address = shared_api
    client = Client(address).sign_up()
    mine, other = (client.add_job("tests.note", PAYLOAD)["id"] for _ in range(2))
    waiting = Waiting(address, client.token)

    async def run() -> None:
        call = asyncio.create_task(waiting.answer(f"/jobs/{mine}?wait=60"))
        await until(lambda: watched() == 1)
        await asyncio.to_thread(client.post, f"/jobs/{other}/cancel")
        ended = monotonic()
        await asyncio.to_thread(client.post, f"/jobs/{mine}/cancel")
        _, body, at = await asyncio.wait_for(call, 10)
        assert body["state"] == "cancelled"
        assert at - ended < 3  # a look at the rows would come after 5 s

    asyncio.run(run())


def test_a_wait_has_its_time(transactional_db: None, shared_api: Shared) -> None:
    _, address = shared_api
    client = Client(address).sign_up()
    job = client.add_job("tests.note", PAYLOAD)["id"]
    begun = monotonic()
    _, body, at = asyncio.run(Waiting(address, client.token).answer(f"/jobs/{job}?wait=1"))
    assert body["state"] == "queued"
    assert 1 <= at - begun < 5


def test_clients_that_hang_up_give_up_their_places(service: Service) -> None:
    address = service.api(JOBS_WAITS_PER_CLIENT="3")
    client = Client(address).sign_up()
    jobs = [client.add_job("tests.note", PAYLOAD)["id"] for _ in range(3)]
    waiting = Waiting(address, client.token)

    def seconds_of_a_wait() -> float:
        begun = monotonic()
        status, body = client.get(f"/jobs/{jobs[0]}?wait={LONG_SECONDS}")
        assert (status, body["state"]) == (200, "queued")
        return monotonic() - begun

    async def run() -> None:
        calls = [asyncio.create_task(waiting.answer(f"/jobs/{one}?wait=60")) for one in jobs]
        await until(lambda: watched() == len(jobs))
        # One more is answered at once.
        assert await asyncio.to_thread(seconds_of_a_wait) < LONG_SECONDS
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        await until(lambda: seconds_of_a_wait() >= LONG_SECONDS)

    asyncio.run(run())


def test_a_stop_answers_those_who_wait(service: Service) -> None:
    server, address = service.api_process()
    client = Client(address).sign_up()
    job = client.add_job("tests.note", PAYLOAD)["id"]
    waiting = Waiting(address, client.token)

    async def run() -> None:
        calls = [asyncio.create_task(waiting.answer(f"/jobs/{job}?wait=60")) for _ in range(20)]
        await until(lambda: watched() == 1)
        begun = monotonic()
        await asyncio.to_thread(server.stop)
        assert monotonic() - begun < 15  # gunicorn would wait for 20 s
        for call in calls:
            status, body, _ = await asyncio.wait_for(call, 10)
            assert (status, body["state"]) == (200, "queued")

    asyncio.run(run())
    assert Job.objects.get(pk=job).state == "queued"
