"""Statements that are hot enough to be SQL, one file each, run by `jobs/models`."""
