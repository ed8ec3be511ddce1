"""gunicorn's worker with an event loop, and Django on threads behind it."""

from typing import Any

from gunicorn.workers import gasgi

from scheduler.serving.connection import Connection
from scheduler.serving.front import Front

# gunicorn's worker has no setting for the class of its connections.
gasgi.ASGIProtocol = Connection


class ApiWorker(gasgi.ASGIWorker):  # type: ignore[misc]
    """Serves a WSGI application with `threads` threads, and `worker_connections` connections."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Connections without a request, in the order in which they began to wait.
        self.waiting: dict[Connection, None] = {}

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """gunicorn's would warn that its own worker has no threads."""

    def load_wsgi(self) -> None:
        """Puts the front before the application."""
        self.asgi = Front(self.app.wsgi(), self.cfg.threads)

    async def _shutdown(self) -> None:
        """Idle connections end at once, and calls that wait are answered: gunicorn would wait for
        each of them."""
        self.asgi.stop()
        for connection in list(self.waiting):
            connection.close_if_idle()
        await super()._shutdown()
