"""The one error of the tools."""


class DevelopmentError(Exception):
    """Something the development environment needs is missing; the message says what to do."""
