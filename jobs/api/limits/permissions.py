"""Which permission each call takes."""

from jobs.api.shared.permissions import MayByCall


class MayUseLimits(MayByCall):
    """A limit holds up the jobs of every client."""

    needed = {
        "list": "jobs.view_limit",
        "retrieve": "jobs.view_limit",
        "update": "jobs.change_limit",
        "destroy": "jobs.delete_limit",
    }
