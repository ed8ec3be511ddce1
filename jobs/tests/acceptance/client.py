"""A REST client as a customer would write it."""

from typing import Any

from tools.http_client import HttpClient

PASSWORD = "a-long-password-4711"


class Client:
    """Speaks JSON with the API; logs in by itself."""

    def __init__(self, address: str) -> None:
        self._http = HttpClient(address)

    @property
    def token(self) -> str:
        """The access token of the account."""
        return self._http.token

    def sign_up(self, username: str = "customer") -> "Client":
        self._http.sign_up(username, PASSWORD)
        return self

    def log_in(self, username: str, password: str) -> None:
        self._http.log_in(username, password)

    def get(self, path: str) -> tuple[int, Any]:
        answer = self._http.call("GET", path)
        return answer.status, answer.body

    def post(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        answer = self._http.call("POST", path, body or {})
        return answer.status, answer.body

    def add_job(self, job_type: str, payload: dict[str, Any], **fields: Any) -> Any:
        """Submits a job; returns the accepted job."""
        job = {"type": job_type, "payload": payload, **fields}
        return self._http.expect({200, 202}, "POST", "/addJob", job)
