"""The four forms of a request target (RFC 9112, 3.2)."""

import pytest

from scheduler.serving.request_target import (
    ASTERISK,
    Target,
    TargetRefused,
    check_host,
    read_target,
)


@pytest.mark.parametrize(
    ("method", "target", "read"),
    [
        (b"GET", b"/jobs?a=http://b", Target(b"/jobs?a=http://b", None)),
        (b"GET", b"//jobs", Target(b"//jobs", None)),
        (b"GET", b"http://h/jobs?a=1", Target(b"/jobs?a=1", b"h")),
        (b"GET", b"HTTPS://h.example:8000/%2e", Target(b"/%2e", b"h.example:8000")),
        (b"GET", b"http://[::1]:8000?a=1", Target(b"/?a=1", b"[::1]:8000")),
        (b"GET", b"http://h", Target(b"/", b"h")),
        (b"OPTIONS", b"http://h", Target(ASTERISK, b"h")),
        (b"OPTIONS", b"http://h/", Target(b"/", b"h")),
        (b"OPTIONS", b"*", Target(ASTERISK, None)),
    ],
)
def test_what_is_asked_for(method: bytes, target: bytes, read: Target) -> None:
    assert read_target(method, target) == read


@pytest.mark.parametrize(
    "target",
    [
        b"ftp://h/", b"://h/", b"http:/h/", b"x?://h/", b"http://", b"http:///jobs", b"http://:80/",
        b"http://rose@h/", b"http://h:port/", b"http://h:80:80/", b"http://h\\b/", b"http://h/#top",
        b"http://[::1/", b"http://a,b/", b"http://%68/", b"javascript://h/", b"h:80",
    ],
)  # fmt: skip
def test_what_is_no_url_of_a_server(target: bytes) -> None:
    with pytest.raises(TargetRefused) as refused:
        read_target(b"GET", target)
    assert refused.value.problem.status == 400


@pytest.mark.parametrize("target", [b"h:443", b"/jobs", b"http://h/"])
def test_a_tunnel_is_not_opened(target: bytes) -> None:
    with pytest.raises(TargetRefused) as refused:
        read_target(b"CONNECT", target)
    assert refused.value.problem.status == 501


def test_a_request_names_its_host() -> None:
    check_host((1, 1), [(b"host", b"h")])
    check_host((1, 0), [])
    with pytest.raises(TargetRefused):
        check_host((1, 1), [(b"accept", b"*/*")])
