"""The settings that are measured: those of the caller, with job types and a view to measure.

`tools.benchmark.scope` says by the environment which settings these are.
"""

import os
from importlib import import_module

from tools.benchmark.scope import BASE_SETTINGS

_base = import_module(os.environ[BASE_SETTINGS])
globals().update({name: value for name, value in vars(_base).items() if name.isupper()})

INSTALLED_APPS = [*_base.INSTALLED_APPS, "tools.benchmark"]
BENCHMARK_URLCONF = _base.ROOT_URLCONF
ROOT_URLCONF = "tools.benchmark.urls"

# As in production: while debugging, Django keeps every statement it has run.
DEBUG = False
# The load comes over plain HTTP from this machine.
ALLOWED_HOSTS = ["127.0.0.1"]
SECURE_SSL_REDIRECT = False
