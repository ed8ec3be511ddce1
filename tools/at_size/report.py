"""What was found, in lines."""

from collections.abc import Iterable, Iterator, Mapping
from statistics import median, quantiles

from tools.terminal import say

SERVER_MILLISECONDS, BROWSER_MILLISECONDS = 200.0, 1_000.0
SLOWEST = 15


def lines(server: Mapping[str, float]) -> Iterator[str]:
    """What the server took: the spread, and the slowest pages of the admin and of the API."""
    yield from _spread("server, admin", _part(server, api=False), SERVER_MILLISECONDS)
    yield from _spread("server, API", _part(server, api=True), SERVER_MILLISECONDS)


def browser_lines(browser: Mapping[str, float]) -> Iterator[str]:
    """The same of the browser."""
    yield from _spread("browser", browser, BROWSER_MILLISECONDS)


def visit_lines(server: Mapping[str, float], browser: Mapping[str, float]) -> Iterator[str]:
    """What each step took of a way through several pages, in its order."""
    for name, ms in server.items():
        there = f"{browser[name]:7.0f} ms in the browser" if name in browser else ""
        is_slow = slow({name: ms}, {name: browser.get(name, 0.0)})
        yield f"{ms:9.1f} ms{'  SLOW' if is_slow else ''}  {name}  {there}".rstrip()


def slow(server: Mapping[str, float], browser: Mapping[str, float]) -> bool:
    """Whether a page takes longer than it may."""
    return any(ms > SERVER_MILLISECONDS for ms in server.values()) or any(
        ms > BROWSER_MILLISECONDS for ms in browser.values()
    )


def _part(server: Mapping[str, float], *, api: bool) -> dict[str, float]:
    return {one: ms for one, ms in server.items() if one.startswith("/v1/") is api}


def _spread(name: str, found: Mapping[str, float], most: float) -> Iterator[str]:
    if len(found) < 2:
        return
    times = sorted(found.values())
    p95 = quantiles(times, n=20)[-1]
    over = sum(ms > most for ms in times)
    yield (
        f"{name}: {len(times)} pages, median {median(times):.0f} ms, 95 % {p95:.0f} ms, "
        f"slowest {times[-1]:.0f} ms, {over} above {most:.0f} ms"
    )
    for address, ms in sorted(found.items(), key=lambda one: -one[1])[:SLOWEST]:
        yield f"{ms:9.1f} ms{'  SLOW' if ms > most else ''}  {address}"


def say_all(said: Iterable[str]) -> None:
    """Prints these lines."""
    for line in said:
        say(line)
