"""Limits: jobs are held by them, take their turn, and are admitted when there is room."""
