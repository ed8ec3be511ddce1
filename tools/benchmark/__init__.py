"""`manage.py benchmark`: how fast the whole thing is here, beside what its parts could do alone.

An app of its own, installed only by `tools.benchmark.settings`: nowhere else are its job types
and its URL known.
"""
