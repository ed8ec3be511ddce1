"""What is logged at which level, by a process that has nothing but the service's settings."""

import os
import subprocess
import sys

import pytest

from scheduler.env import BASE_DIR
from scheduler.tests.good_environment import GOOD

RENDER = """
import django
django.setup()
from django.template import Context, engines
page = engines["django"].engine.from_string("{{ left_out }}{{ text }}")
page.render(Context({"text": "s3cr3t"}))
import logging
logging.getLogger("shop").debug("said")
"""


@pytest.mark.parametrize("level", ["DEBUG", "WARNING"])
def test_what_a_page_knows_is_not_logged(level: str) -> None:
    environment = os.environ | GOOD | {"ENVIRONMENT": "production", "LOG_LEVEL": level}
    environment["DJANGO_SETTINGS_MODULE"] = "scheduler.settings"
    command = [sys.executable, "-c", RENDER]
    done = subprocess.run(
        command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert "s3cr3t" not in done.stderr
    assert ("said" in done.stderr) == (level == "DEBUG")
