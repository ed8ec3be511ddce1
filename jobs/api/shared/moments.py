"""How times are written in answers."""

from jobs.services.written import written, written_or_none

__all__ = ["written", "written_or_none"]
