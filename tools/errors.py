"""What ends a tool early."""


class ToolError(Exception):
    """Something that a tool needs is missing or did not happen; the message says what to do."""
