"""TCP links that break on command: each is a port of ours in front of a server's, and passes bytes unless told otherwise.

    pass      as they come
    stall     nothing in either direction; connections are taken, and stay open
    drop up   what the client sends is gone; drop down: what the server sends. The connections that lost bytes are reset afterwards
    slow      each piece of up to 4 KiB waits for 50 ms
    reset     each connection is reset once so many bytes have passed
    refuse    connections are reset at once

Built on asyncio, in a thread of its own. A server that is not there resets its client's connection.
"""
import asyncio
import contextlib
import socket
import struct
import threading
from dataclasses import dataclass

from .waiting import be_slow_in_loop

MODES = ("pass", "stall", "drop up", "drop down", "slow", "reset", "refuse")
SLOW_PIECE, SLOW_SECONDS = 4096, 0.05
LINGER_NONE = struct.pack("ii", 1, 0)  # close() sends RST


class Link:
    def __init__(self, network: "Network", name: str, target: int):
        self.network, self.name, self.target = network, name, target
        self.mode, self.limit = "pass", 0
        self.moving = asyncio.Event()
        self.moving.set()
        self.connections: set[Connection] = set()
        self.port = 0

    def set(self, mode: str, limit: int = 0) -> None:
        """From now on; returns once it is so. limit: the bytes that "reset" lets pass."""
        assert mode in MODES, mode
        self.network.call(self.change, mode, limit)

    def change(self, mode: str, limit: int) -> None:
        self.mode, self.limit = mode, limit
        self.moving.clear() if mode == "stall" else self.moving.set()
        for connection in list(self.connections):
            connection.passed = 0
            if mode == "refuse" or connection.has_lost:
                connection.reset()

    async def serve(self, reader, writer) -> None:
        connection = Connection(self, reader, writer)
        self.connections.add(connection)
        try:
            await connection.run()
        except OSError:
            pass
        finally:
            connection.reset()
            self.connections.discard(connection)


@dataclass(eq=False)
class Connection:
    link: Link
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    passed: int = 0
    has_lost: bool = False
    server: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        await self.link.moving.wait()
        if self.link.mode == "refuse":
            return
        reader, self.server = await asyncio.open_connection("127.0.0.1", self.link.target)
        for writer in (self.writer, self.server):
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ways = [asyncio.ensure_future(self.carry("up", self.reader, self.server)),
                asyncio.ensure_future(self.carry("down", reader, self.writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            await self.say_the_rest()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def say_the_rest(self) -> None:
        """One side has ended: what it said arrives before the other side hears of the end."""
        if self.link.mode == "pass" and not self.has_lost:
            for writer in (self.writer, self.server):
                with contextlib.suppress(OSError, RuntimeError):
                    writer.write_eof()
                    await asyncio.wait_for(writer.drain(), 1)

    async def carry(self, way: str, reader, writer) -> None:
        while data := await reader.read(SLOW_PIECE if self.link.mode == "slow" else 65536):
            await self.link.moving.wait()
            mode = self.link.mode
            if mode == f"drop {way}":
                self.has_lost = True
                continue
            if mode == "slow":
                await be_slow_in_loop(SLOW_SECONDS)
            self.passed += len(data)
            if mode == "reset" and self.passed > self.link.limit:
                return
            writer.write(data)
            await writer.drain()

    def reset(self) -> None:
        for writer in (self.writer, self.server):
            if writer is not None and not writer.transport.is_closing():
                with contextlib.suppress(OSError):
                    if self.link.mode != "pass" or self.has_lost or self.server is None:
                        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
                        writer.transport.abort()
                    else:
                        writer.close()


class Network:
    """All links of a test."""

    def __init__(self):
        self.links: dict[str, Link] = {}
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda loop, context: None)  # connections break here all the time
        self.thread = threading.Thread(target=self.loop.run_forever, name="network", daemon=True)
        self.thread.start()

    def call(self, function, *arguments) -> None:
        async def run():
            return function(*arguments)
        asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    def link(self, name: str, target: int) -> Link:
        """A new link to a port of this machine; .port is where clients connect."""
        link = self.links[name] = Link(self, name, target)
        asyncio.run_coroutine_threadsafe(self.listen(link), self.loop).result(30)
        return link

    async def listen(self, link: Link) -> None:
        server = await asyncio.start_server(link.serve, "127.0.0.1", 0, backlog=200)
        link.port = server.sockets[0].getsockname()[1]

    def heal(self) -> None:
        for link in self.links.values():
            if link.mode != "pass":
                link.set("pass")

    def close(self) -> None:
        async def end():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
