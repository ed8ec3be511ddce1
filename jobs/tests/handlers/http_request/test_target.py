"""URLs: one plain way to write them, and hosts that are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.core.conf import JobsConf
from jobs.core.http_hosts import is_host_pattern
from jobs.handlers.http_request.target import TargetRefused, allowed_target, parse_target

CONF = JobsConf(
    http_allowed_hosts=["api.example.com", "*.hooks.example.com", "203.0.113.7", "2001:db8::7"],
    http_allowed_ports=["443", "80", "8443"],
)


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "host_header"),
    [
        ("https://api.example.com", "api.example.com", 443, "/", "api.example.com"),
        ("https://API.example.com/a?b=c#d", "api.example.com", 443, "/a?b=c", "api.example.com"),
        ("http://a.hooks.example.com:443/", "a.hooks.example.com", 443, "/", None),
        ("https://a.b.hooks.example.com:8443/", "a.b.hooks.example.com", 8443, "/", None),
        ("https://203.0.113.7/", "203.0.113.7", 443, "/", "203.0.113.7"),
        ("https://[2001:DB8:0::7]:8443/", "2001:db8::7", 8443, "/", "[2001:db8::7]:8443"),
    ],
)
def test_an_allowed_url_is_taken_apart(
    url: str, host: str, port: int, path: str, host_header: str | None
) -> None:
    target = allowed_target(url, CONF)
    assert (target.host, target.port, target.path) == (host, port, path)
    assert target.host_header == (host_header or f"{host}:{port}")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://api.example.com/",
        "file:///etc/passwd",
        "//api.example.com/",
        "api.example.com",
        "https://",
        "https:///path",
        "https://user@api.example.com/",
        "https://user:password@api.example.com/",
        "https://api.example.com@evil.example.net/",
        "https://api.example.com:443@evil.example.net/",
        "https://api.example.com\\@evil.example.net/",
        "https://api.example.com\t.evil.example.net/",
        "https://api.example.com/\r\nHost: evil",
        "https://api.example.com/ x",
        "https://api.example.com%2eevil.example.net/",
        "https://api.example.com:0/",
        "https://api.example.com:65536/",
        "https://api.example.com:/",
        "https://api.example.com:+443/",
        "https://api.example.com:443:443/",
        "https://api.example.com./",
        "https://api..example.com/",
        "https://-a.example.com/",
        "https://\uff41pi.example.com/",
        "https://bücher.example/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.0x1/",
        "https://1.2.3.4.5/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.a]/",
        "https://[::1]x/",
        "https://api.example.com/" + "a" * 3_000,
    ],
)
def test_an_odd_url_is_refused_whoever_is_allowed(url: str) -> None:
    with pytest.raises(TargetRefused):
        parse_target(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://hooks.example.com/",
        "https://evilhooks.example.com/",
        "https://api.example.com.evil.net/",
        "https://203.0.113.8/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:203.0.113.7]/",
        "https://api.example.com:22/",
    ],
)
def test_a_host_or_port_that_is_not_named_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused, match=r"JOBS_HTTP_ALLOWED_(HOSTS|PORTS)"):
        allowed_target(url, CONF)


def test_nothing_is_allowed_by_default() -> None:
    with pytest.raises(TargetRefused, match="makes no HTTP calls"):
        allowed_target("https://api.example.com/", JobsConf())


@given(st.text(max_size=40))
def test_whatever_is_written_is_a_target_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://api.example.com{text}"):
        try:
            target = parse_target(url)
        except TargetRefused:
            continue
        assert target.host == target.host.lower()
        assert all("!" <= character <= "~" for character in target.path)


@pytest.mark.parametrize(
    ("pattern", "is_one"),
    [
        ("api.example.com", True),
        ("*.example.com", True),
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("*", False),
        ("*.com", False),
        ("a.*.com", False),
        ("API.example.com", False),
        ("https://api.example.com", False),
        ("api.example.com:443", False),
        ("", False),
    ],
)
def test_how_hosts_are_named_in_settings(pattern: str, is_one: bool) -> None:
    assert is_host_pattern(pattern) is is_one
