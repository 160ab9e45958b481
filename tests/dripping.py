"""A server that answers over TLS an octet now and then, and never ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.journeys.certificates import server_context

EVERY_S = 0.1
AT_MOST = 300  # Octets: who waits for all of them has failed, and waits no longer.


@contextmanager
def dripping(folder: Path, name: str, begins: bytes) -> Iterator[int]:
    """Its port, until the block ends. Its answers begin with `begins`; its certificate is folder/cert.pem."""
    context, ending = server_context(folder, name), threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(context, server, begins, ending))
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        ending.set()
        server.close()
        thread.join()


def _serve(context, server, begins, ending):
    server.settimeout(30)
    try:
        with context.wrap_socket(server.accept()[0], server_side=True) as connection:
            connection.recv(65_536)
            connection.sendall(begins)
            for _ in range(AT_MOST):
                if ending.wait(EVERY_S):
                    return
                connection.sendall(b"x")
    except OSError:
        return
