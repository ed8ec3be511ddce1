"""Statements that must be SQL, one file each: the hot ones, and those of the verification."""
