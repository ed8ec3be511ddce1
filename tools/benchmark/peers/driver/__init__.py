"""Runs in the environment of one system: the standard library, psycopg and that system alone.

It does for each system what `tools/benchmark/against/app` does for each version of this one.
"""
