"""What two cells behind one address must do, tried one after the other."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from tools.cells.call import Answer, call
from tools.cells.cell import Cell
from tools.cells.outside_issuer import OutsideIssuer

EU, US = "eu", "us"


@dataclass(frozen=True)
class Finding:
    """`what` should be so; whether it `is`."""

    what: str
    is_so: bool


@dataclass
class Tried:
    """Clients that know one port."""

    port: int
    cells: dict[str, Cell]
    issuer: OutsideIssuer
    metrics_token: str

    def findings(self) -> Iterator[Finding]:
        """Each as soon as it is known."""
        tokens = {cell: self._sign_up(cell) for cell in (EU, US)}
        yield from self._of_a_token(tokens)
        yield from self._of_a_queue()
        yield from self._of_a_tenant()
        yield from self._of_people()

    def _of_a_token(self, tokens: dict[str, str]) -> Iterator[Finding]:
        made = self._add(tokens[US])
        yield Finding("a job goes to the cell that has made its token", made.cell == US)
        link, bare = made.location, f"/jobs/{made.body['id']}"
        yield Finding("its link begins with the cell", link == f"/cells/us{bare}")
        found = self._call("GET", f"{link}?wait=20", tokens[US])
        yield Finding("the link finds it, done", found.body["state"] == "succeeded")
        yield Finding("its id alone finds it", self._call("GET", bare, tokens[US]).status == 200)
        other = self._call("GET", f"/cells/eu{bare}", tokens[EU])
        yield Finding("the other cell does not know it", (other.status, other.cell) == (404, EU))
        refused = self._call("GET", f"/cells/eu{bare}", tokens[US])
        yield Finding("a cell takes no token of the other", refused.status == 401)

    def _of_a_queue(self) -> Iterator[Finding]:
        token = self.issuer.token("rose")
        made = self._add(token, queue="reports")
        yield Finding("a job goes to the cell of its queue", made.cell == US)
        found = self._call("GET", f"{made.location}?wait=20", token)
        yield Finding("the link finds it, done", found.body["state"] == "succeeded")
        bare = f"/jobs/{made.body['id']}"
        named = self._call("GET", bare, token, {"Jobs-Cell": made.cell})
        yield Finding("its id and Jobs-Cell find it", named.status == 200)
        alone = self._call("GET", bare, token)
        yield Finding("its id alone asks the first cell", (alone.status, alone.cell) == (404, EU))
        yield Finding("a job of another queue goes to the first", self._add(token).cell == EU)

    def _of_a_tenant(self) -> Iterator[Finding]:
        token = self.issuer.token("ann", tenant="acme")
        made = self._add(token)
        yield Finding("a job goes to the cell of its tenant", made.cell == US)
        listed = self._call("GET", "/jobs", token)
        ids = [one["id"] for one in listed.body["results"]]
        yield Finding("the tenant's list is that of its cell", ids == [made.body["id"]])

    def _of_people(self) -> Iterator[Finding]:
        for name, cell in self.cells.items():
            health = call(self.port, "GET", f"/cells/{name}/health")
            yield Finding(f"/health says {name}", health.body["cell"] == name)
            figures = call(self.port, "GET", f"/cells/{name}/metrics", token=self.metrics_token)
            yield Finding(
                f"the metrics say {name}", f'jobs_cell_info{{cell="{name}"}} 1.0' in figures.text
            )
            page = call(self.port, "GET", f"/cells/{name}/admin/login/")
            yield Finding(f"the admin says {name}", f"cell {name}" in page.text)
            yield Finding(
                f"manage.py jobs says {name}", f"Cell {name}" in cell.manage("jobs", "queues")
            )

    def _sign_up(self, cell: str) -> str:
        """The token of a new account in that cell. Both accounts have the same number and name."""
        credentials = {"username": "rose", "password": secrets.token_urlsafe(24)}
        call(self.port, "POST", f"/cells/{cell}/signup", credentials)
        token: str = call(self.port, "POST", f"/cells/{cell}/login", credentials).body["access"]
        return token

    def _add(self, token: str, **more: str) -> Answer:
        payload = {"effect": secrets.token_hex(8), "seconds": 0}
        return self._call(
            "POST", "/addJob", token, body={"type": "chaos.append", "payload": payload, **more}
        )

    def _call(
        self,
        method: str,
        path: str,
        token: str,
        fields: dict[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        return call(self.port, method, path, body, token=token, fields=fields)
