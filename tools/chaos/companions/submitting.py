"""What companions have in common that are clients of their own, on a thread of their own."""

import threading

from tools.chaos.world import World


class Submitting:
    """Submits from `begin` to `stop`. `_unanswered`: calls that got no answer."""

    def __init__(self, world: World, name: str, kind: str) -> None:
        """`kind`: of what it submits, in one word."""
        self._world = world
        self._name = f"{name}-{kind}"
        self._client = world.client()
        self._client_id = 0
        self._unanswered: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)

    def begin(self) -> None:
        self._client.sign_up(self._name)
        self._client_id = self._world.job_rows.client_id(self._name)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _is_anything_left(self) -> bool:
        """Whether a job of the client has not ended."""
        progress = self._world.job_rows.progress(self._client_id)
        return progress.queued + progress.running > 0

    def _work(self) -> None:
        """Until the stop; on its thread."""
        raise NotImplementedError
