"""Which permission each call takes."""

from jobs.api.shared.permissions import MayByCall


class MayUseQueues(MayByCall):
    """What waits in a queue tells of other clients' work; a pause holds up all of them."""

    needed = {
        "list": "jobs.view_queue",
        "retrieve": "jobs.view_queue",
        "pause": "jobs.pause_queue",
        "resume": "jobs.pause_queue",
    }
