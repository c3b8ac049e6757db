"""A network between client and server that is slow, cuts off or answers in the server's place."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 1 << 16


class Proxy:
    """Forwards TCP connections of 127.0.0.1 to a port, and does harm on the way when told to.

    `answered`    requests after which the server is gone for good; None for never
    `answers`     whole HTTP answers, each given to one request instead of the server's
    `cut_after`   bytes from the server after which a connection is cut
    `cuts`        how many connections are cut, in all
    `bytes_per_s` largest speed of one connection in each direction
    `received`    bytes that came from the server;  `requests`: the heads of what was asked
    """

    def __init__(self, port: int) -> None:
        self.upstream = port
        self.answered: int | None = None
        self.answers: list[bytes] = []
        self.cut_after = 0
        self.cuts = 0
        self.bytes_per_s = 0
        self.received = 0
        self.requests: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), loop
        ).result(5)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(server.close)
            asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(5)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(5)
            loop.close()

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            server, request = await asyncio.open_connection("127.0.0.1", self.upstream)
            asking = asyncio.create_task(self._ask(client, request, answer))
            try:
                await self._reply(server, answer)
            finally:
                asking.cancel()
                request.close()
        answer.close()

    async def _ask(
        self, client: asyncio.StreamReader, request: asyncio.StreamWriter, answer: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError):
            while content := await client.read(CHUNK):
                if re.match(rb"(GET|HEAD|PUT|POST|DELETE) /", content):
                    self.requests.append(content.partition(b"\r\n\r\n")[0].decode(errors="replace"))
                    if self.answered is not None:
                        if self.answered <= 0:
                            answer.transport.abort()
                            return
                        self.answered -= 1
                    if self.answers:
                        answer.write(self.answers.pop(0))
                        await asyncio.sleep(0.05)  # for a body that is still on its way
                        answer.close()
                        return
                await self._pass_on(content, request)

    async def _reply(self, server: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        sent = 0
        while content := await server.read(CHUNK):
            if self.cuts and sent + len(content) > self.cut_after:
                self.cuts -= 1
                answer.transport.abort()
                return
            await self._pass_on(content, answer)
            sent += len(content)
            self.received += len(content)

    async def _pass_on(self, content: bytes, to: asyncio.StreamWriter) -> None:
        to.write(content)
        await to.drain()
        if self.bytes_per_s:
            await asyncio.sleep(len(content) / self.bytes_per_s)


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
