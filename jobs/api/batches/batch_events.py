"""How far a batch has come since a client looked last, as events of a stream.

The id of an event is what the client has seen with it: the counters, and the state.
"""

import re
from collections.abc import Iterator
from typing import Any

from jobs.api.batches.representations import batch_representation
from jobs.api.shared.event_stream import NotAnEventId, StreamEvent
from jobs.core.states import BatchState
from jobs.models import Batch
from jobs.models.batch import ENDS
from jobs.services.waiting.places import batch_seen

_ID = re.compile(rf"({'|'.join(BatchState.values)})(-\d{{1,9}}){{{1 + len(ENDS)}}}", re.A)


def batch_events(batch: Batch, last_id: str) -> Iterator[StreamEvent]:
    """The event since the one with this id, if there is any; an empty id has seen nothing.

    `progress`, or `final` once all jobs have ended. Rows come with `submitted_by`. Raises
    NotAnEventId.
    """
    if last_id and not _ID.fullmatch(last_id):
        raise NotAnEventId(last_id[:100])
    now = "-".join(map(str, batch_seen(batch)))
    if now == last_id:
        return
    if batch.state is BatchState.COMPLETED:
        yield StreamEvent(now, "final", batch_representation(batch))
    else:
        yield StreamEvent(now, "progress", _progress(batch))


def _progress(batch: Batch) -> dict[str, Any]:
    counts = {name: getattr(batch, name) for name in ("total", "done", *ENDS)}
    return {"id": str(batch.pk), "state": batch.state, **counts}
