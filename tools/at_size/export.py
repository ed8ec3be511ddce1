"""A list of a million jobs as a file, and the memory of the process that sends it."""

import http.client
import resource
import secrets
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings

from jobs.models import Job
from jobs.services.exports import CSV, FORMS
from tools.at_size.options import Options
from tools.at_size.staff import Staff, staff_make
from tools.benchmark.processes import api_process
from tools.child import Child
from tools.errors import ToolError
from tools.terminal import say

# Of 64 jobs 18 are this client's: 1.3 of five million.
CLIENT = "demo-shop"
PAGE = f"/admin/jobs/job/export/?{urlencode({'q': CLIENT})}"
MEGABYTE = 1024 * 1024
# Since a tenth of the rows was out: a page more or less, and what the allocator keeps.
GROWTH_MEGABYTES = 8.0
_TIMEOUT_SECONDS = 60.0
_READ_BYTES = 256 * 1024
_CSRF_LETTERS = 32


def export(options: Options) -> bool:
    """Whether each form has every row, and the memory stays flat."""
    staff, rows = staff_make(), Job.objects.filter(submitted_by__username=CLIENT).count()
    with api_process(1) as (process, server):  # of one alone it is known what it sends
        are_flat = [_is_flat(process, server, staff, form, rows) for form in FORMS]
    return all(are_flat)


def _is_flat(process: Child, server: str, staff: Staff, form: str, rows: int) -> bool:
    since, size, lines, samples = time.monotonic(), 0, 0, [_resident(process)]
    tenth = most = 0.0
    for part in _parts(server, staff, form):
        size += len(part)
        lines += part.count(b"\n")
        held = _resident(process)
        tenth = tenth or (held if lines * 10 >= rows else 0.0)
        most = max(most, held)
        samples.append(held)
    seconds = time.monotonic() - since
    lines -= form == CSV  # the names of the columns
    say(
        f"export, {form}: {lines:,} of {rows:,} rows, {size / MEGABYTE:,.0f} MB in {seconds:.0f} s;"
        f" the process holds {samples[0]:.1f} MB before, {tenth:.1f} after a tenth, {most:.1f} at "
        f"most, {samples[-1]:.1f} at the end"
    )
    return lines == rows and most - tenth <= GROWTH_MEGABYTES


def _parts(server: str, staff: Staff, form: str) -> Iterator[bytes]:
    """The file as it arrives. Raises `http.client.IncompleteRead` if it is cut off."""
    with closing(http.client.HTTPConnection(server, timeout=_TIMEOUT_SECONDS)) as connection:
        connection.request("POST", PAGE, urlencode({"form": form}), _headers(staff))
        response = connection.getresponse()
        if response.status != http.client.OK:
            raise ToolError(f"POST {PAGE} was answered {response.status}")
        while part := response.read(_READ_BYTES):
            yield part


def _headers(staff: Staff) -> dict[str, str]:
    token = secrets.token_hex(_CSRF_LETTERS // 2)
    cookies = {settings.SESSION_COOKIE_NAME: staff.session, settings.CSRF_COOKIE_NAME: token}
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": token,
    }


def _resident(process: Child) -> float:
    """Megabytes of the process that serves, below gunicorn's own."""
    [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    pages = int((Path("/proc") / child / "statm").read_text().split()[1])
    return pages * resource.getpagesize() / MEGABYTE
