"""Links between servers that can be cut without the rights of root.

Nodes reach each other, and etcd, through ports that this process listens on. While a link is cut
nothing passes. As with a cable that was pulled, connections stay open and are silent; what was
under way arrives once the link is restored. Unlike there a new connection is taken and then silent,
and members of etcd and clients have no links: they reach everybody.
"""

import asyncio
import threading
from contextlib import suppress

from tools.errors import ToolError
from tools.ports import free_port
from tools.servers.patroni.machine import Machine, Network

_PIECE = 65_536
_SECONDS = 10.0


_HERE = "127.0.0.1"


class Links(Network):
    """All links of a group; one thread moves what passes through them."""

    def __init__(self, machines: int = 0) -> None:
        self._links: list[Link] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)
        self._thread.start()
        self.machines = [LinkedMachine(self) for _ in range(machines)]

    def to(self, port: int) -> "Link":
        """Returns a new link to a port of this machine."""
        link = Link(self._loop, port)
        asyncio.run_coroutine_threadsafe(link.listen(), self._loop).result(_SECONDS)
        self._links.append(link)
        return link

    def stop(self) -> None:
        """Ends all of them, and the connections through them. May be called again."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()

    async def _end(self) -> None:
        for link in self._links:
            link.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class LinkedMachine(Machine):
    """This machine, in place of one that only Patroni's connections make another one."""

    listens_on = host = node_host = _HERE

    def __init__(self, links: Links) -> None:
        self._network = links
        self._links: list[Link] = []

    def passage(self, port: int) -> int:
        self._links.append(self._network.to(port))
        return self._links[-1].port

    def cut(self) -> None:
        for link in self._links:
            link.cut()

    def isolate(self) -> None:
        raise ToolError("To cut a node off from its clients too takes network namespaces: root.")

    def restore(self) -> None:
        for link in self._links:
            link.restore()


class Link:
    """Passes on to a server what comes to `port`, unless it is cut."""

    def __init__(self, loop: asyncio.AbstractEventLoop, to_port: int) -> None:
        self.port = free_port()
        self._to_port = to_port
        self._loop = loop
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._pass, _HERE, self.port)

    def close(self) -> None:
        """Listens no longer; called in the thread of the links."""
        if self._server is not None:
            self._server.close()

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._is_whole.clear)

    def restore(self) -> None:
        self._loop.call_soon_threadsafe(self._is_whole.set)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._is_whole.wait()
            there, back = await asyncio.open_connection(_HERE, self._to_port)
            await asyncio.gather(self._move(reader, back), self._move(there, writer))
        except OSError:
            pass  # the server is down, and the client is told so
        finally:
            writer.close()

    async def _move(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while piece := await reader.read(_PIECE):
                    await self._is_whole.wait()
                    writer.write(piece)
                    await writer.drain()
            await self._is_whole.wait()  # nobody hears that the other side has gone
        finally:
            writer.close()
