"""Redrives: many dead letters are replayed at a rate."""

from jobs.services.redrives.control import redrive_cancel, redrive_pause, redrive_resume
from jobs.services.redrives.selected import (
    letters_selected,
    sees_all_selected,
    selection_seen_by,
)
from jobs.services.redrives.start import redrive_start
from jobs.services.redrives.trial import redrive_trial

__all__ = [
    "letters_selected",
    "redrive_cancel",
    "redrive_pause",
    "redrive_resume",
    "redrive_start",
    "redrive_trial",
    "sees_all_selected",
    "selection_seen_by",
]
