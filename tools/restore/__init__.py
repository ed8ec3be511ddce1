"""Rehearses what docs/operating.md tells about backups: restores, and counts what happens again."""
