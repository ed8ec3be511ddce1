"""Every measure by the name that `--only` takes, in the order in which they run."""

from collections.abc import Mapping

from jobs.benchmark.bench import Measure
from jobs.benchmark.measures.drain import drain
from jobs.benchmark.measures.enqueue import enqueue
from jobs.benchmark.measures.growth import growth
from jobs.benchmark.measures.http import http
from jobs.benchmark.measures.io import io
from jobs.benchmark.measures.lateness import lateness
from jobs.benchmark.measures.memory import memory
from jobs.benchmark.measures.pickup import pickup

MEASURES: Mapping[str, Measure] = {
    "drain": drain,
    "enqueue": enqueue,
    "http": http,
    "pickup": pickup,
    "lateness": lateness,
    "io": io,
    "growth": growth,
    "memory": memory,
}
