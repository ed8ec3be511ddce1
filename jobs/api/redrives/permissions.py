"""Which permission each call takes; to see one's own redrives takes none."""

from jobs.api.shared.permissions import MayByCall

REPLAY = "jobs.replay_deadletter"


class MayUseRedrives(MayByCall):
    """A redrive replays: what it takes to replay one dead letter it takes for many."""

    needed = {"create": REPLAY, "pause": REPLAY, "resume": REPLAY, "cancel": REPLAY}
