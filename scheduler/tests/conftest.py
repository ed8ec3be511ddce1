"""Fixtures of the tests of the project."""

from tools.tests.environment import clean_environment

__all__ = ["clean_environment"]
