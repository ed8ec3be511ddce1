"""Requests are counted by template, by all processes together, whatever becomes of them."""

import os
import signal

import pytest

from scheduler.http.routes import ROUTES
from scheduler.serving.request_counts import OTHER, REGIONS, TEMPLATES, RequestCounts, route_of


@pytest.mark.parametrize("path", sorted({one.path for one in ROUTES}))
def test_every_call_of_the_api_has_its_template(path: str) -> None:
    real = path.replace("<id>", "019ac5f0-7b7e").replace("<name>", "shop.invoice")
    for prefix in ("", "/v1"):
        assert route_of(f"{prefix}{real}") == route_of(f"{prefix}{real}/") == path


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/limits/key:shop/a/b", "/limits/<name>"),
        ("/admin/jobs/job/019ac5/change/", "/admin"),
        ("/static/admin/css/base.css", "/static"),
        ("/docs/redoc/", "/docs"),
        ("", "/"),
        ("/jobs/a/b", OTHER),
        ("/jobs/a/b/cancel", OTHER),
        ("/nothing/here", OTHER),
        ("/v1/v1/jobs", OTHER),
        ("/jobs/<id>/<id>", OTHER),
    ],
)
def test_what_others_send_makes_no_template(path: str, route: str) -> None:
    assert route_of(path) == route


def in_child(counts: RequestCounts, region: int, calls: int) -> None:
    """A process that counts, and is killed."""
    pid = os.fork()
    if not pid:
        for _ in range(calls):
            counts.count("POST", "/addJob", 202, 0.02)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    counts.give_back(region)


def test_processes_count_together_and_go_on_where_one_has_ended() -> None:
    counts = RequestCounts()
    for calls in (1, 10, 100):
        in_child(counts, counts.take_region(), calls)
    assert counts.take_region() == 0
    in_child(counts, counts.take_region(), 1_000)  # beside the first one
    counts.count("BREW", "/pots", 418, 4_000.0)
    add_job, other = counts.calls()
    assert (add_job.route, add_job.method, add_job.statuses) == ("/addJob", "POST", {202: 1_111})
    assert sum(add_job.counts) == add_job.counts[2] == 1_111
    assert add_job.seconds == pytest.approx(22.22)
    assert (other.route, other.method, other.statuses) == (OTHER, OTHER, {0: 1})
    assert other.counts[-1] == 1


def test_more_processes_than_regions_share_the_last() -> None:
    counts = RequestCounts()
    regions = [counts.take_region() for _ in range(REGIONS + 2)]
    assert regions[-3:] == [REGIONS - 1] * 3


def test_templates_are_few() -> None:
    assert len(set(TEMPLATES)) == len(TEMPLATES) < 100
