"""Companions run beside the load of each fault. A new one is a file here and a line below."""

from tools.chaos.companions.batches import Batches
from tools.chaos.companions.companion import Companion, CompanionReport, MakeCompanion
from tools.chaos.companions.limited_queues import LimitedQueues
from tools.chaos.companions.schedules import Schedules

COMPANIONS: tuple[MakeCompanion, ...] = (Schedules, LimitedQueues, Batches)

__all__ = ["COMPANIONS", "Companion", "CompanionReport"]
