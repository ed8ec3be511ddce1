"""Every measure by the name that `--only` takes, in the order in which they run."""

from collections.abc import Mapping

from tools.benchmark.bench import Measure
from tools.benchmark.measures.drain import drain
from tools.benchmark.measures.enqueue import enqueue
from tools.benchmark.measures.failures import failures
from tools.benchmark.measures.growth import growth
from tools.benchmark.measures.http import http
from tools.benchmark.measures.idle import idle
from tools.benchmark.measures.io import io
from tools.benchmark.measures.lateness import lateness
from tools.benchmark.measures.limits import limits
from tools.benchmark.measures.memory import memory
from tools.benchmark.measures.pickup import pickup
from tools.benchmark.measures.pooler import pooler
from tools.benchmark.measures.redispatch import redispatch
from tools.benchmark.measures.schedules import schedules
from tools.benchmark.measures.streams import streams
from tools.benchmark.measures.waiting import waiting

MEASURES: Mapping[str, Measure] = {
    "drain": drain,
    "enqueue": enqueue,
    "http": http,
    "pickup": pickup,
    "lateness": lateness,
    "io": io,
    "failures": failures,
    "idle": idle,
    "limits": limits,
    "schedules": schedules,
    "waiting": waiting,
    "streams": streams,
    "pooler": pooler,
    "redispatch": redispatch,
    "growth": growth,
    "memory": memory,
}
