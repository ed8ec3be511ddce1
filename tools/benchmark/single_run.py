"""One run that measures this checkout alone."""

import gc
import sys

from tools.benchmark.errors import BenchmarkError
from tools.benchmark.options import Options
from tools.benchmark.scope import own_scope
from tools.measuring.databases import prepare_django


def run(options: Options) -> str:
    """Measures in a database of its own and returns the report.

    Raises BenchmarkError if Redis is not reachable or a measure does not come to its end.
    """
    with own_scope():
        prepare_django()
        from jobs.core.errors import BrokerUnavailable
        from tools.benchmark.report import report

        gc.freeze()  # as workers and the API do
        try:
            return report(options.only, options.sizes, sys.stderr, json_wanted=options.json)
        except BrokerUnavailable as error:
            raise BenchmarkError(f"Redis is not reachable: {error}") from error
