"""Promises that only a full size can prove: `python -m tools.promises`."""
