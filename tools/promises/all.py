"""Each promise by its name."""

from collections.abc import Callable, Iterator

from tools.benchmark.rows import empty_everything
from tools.promises.delays import delayed, due
from tools.promises.finding import Finding
from tools.promises.options import Options
from tools.promises.pauses import pause
from tools.promises.schedules import schedules
from tools.promises.sharing import rate, shares, tenant, weights

PROMISES: dict[str, Callable[[Options], list[Finding]]] = {
    "due": due,
    "delayed": delayed,
    "weights": weights,
    "tenant": tenant,
    "shares": shares,
    "rate": rate,
    "pause": pause,
    "schedules": schedules,
}


def findings(options: Options) -> Iterator[Finding]:
    """Tries one after the other; each begins with empty tables."""
    for name in options.only:
        empty_everything()
        yield from PROMISES[name](options)
