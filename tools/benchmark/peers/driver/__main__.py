"""`python -m tools.benchmark.peers.driver NAME`: one question a line in, one answer a line out."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.benchmark.peers.driver.driver import Driver
from tools.benchmark.peers.driver.systems import measured_system

# Where it leaves logs and stamps.
DIRECTORY = "BENCHMARK_DIRECTORY"


def main() -> None:
    """Ends when its input does, which also happens when the process that asks has died."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a system prints is no answer
    driver = Driver(measured_system(sys.argv[1]), Path(os.environ[DIRECTORY]))
    try:
        for line in sys.stdin:
            question = json.loads(line)
            answer: Callable[..., dict[str, Any]] = getattr(driver, question.pop("ask"))
            print(json.dumps(answer(**question)), file=answers, flush=True)
    finally:
        driver.end()


if __name__ == "__main__":
    main()
