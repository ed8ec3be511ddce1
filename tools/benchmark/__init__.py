"""bin/benchmark: how fast the service is here, beside what its servers could do alone.

Also an app, installed only by `tools.benchmark.settings`: nowhere else are its job types and its
URL known.
"""
