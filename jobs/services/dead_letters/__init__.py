"""What people decide about dead letters."""

from jobs.services.dead_letters.decisions import dead_letter_discard, dead_letter_replay
from jobs.services.dead_letters.triage import dead_letter_assign, dead_letter_note

__all__ = [
    "dead_letter_assign",
    "dead_letter_discard",
    "dead_letter_note",
    "dead_letter_replay",
]
