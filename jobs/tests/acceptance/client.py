"""A REST client such as a customer would write."""

import json
import urllib.error
import urllib.request
from typing import Any


class Client:
    """Speaks JSON with the API; logs in by itself."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._token = ""

    def sign_up(self, username: str = "customer") -> "Client":
        credentials = {"username": username, "password": "a-long-password-4711"}
        status, _ = self.post("/signup", credentials)
        assert status == 201, status
        self.log_in(username, "a-long-password-4711")
        return self

    def log_in(self, username: str, password: str) -> None:
        status, body = self.post("/login", {"username": username, "password": password})
        assert status == 200, body
        self._token = body["access"]

    def get(self, path: str) -> tuple[int, Any]:
        return self._call(urllib.request.Request(self._address + path))

    def post(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            self._address + path,
            data=json.dumps(body or {}).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        return self._call(request)

    def add_job(self, job_type: str, payload: dict[str, Any], **fields: Any) -> Any:
        """Submits a job; returns the accepted job."""
        status, job = self.post("/addJob", {"type": job_type, "payload": payload, **fields})
        assert status in (200, 202), (status, job)
        return job

    def _call(self, request: urllib.request.Request) -> tuple[int, Any]:
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")
