"""GET /metrics for Prometheus, GET /health for balancers and people; nothing else, and nothing personal."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import make_wsgi_app

from ecluse.entrypoints.node_state import NodeState
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings

log = structlog.get_logger()

REQUEST_TIMEOUT_S = 5.0

StartResponse = Callable[..., Any]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """As the standard library's, without its DNS query for our own name: that may hang when DNS is down."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Quiet(WSGIRequestHandler):
    timeout = REQUEST_TIMEOUT_S

    def log_message(self, *args: object) -> None:
        """A probe every few seconds is no news."""


class HealthServer:
    """Answers in threads of its own, so that a busy agent still says that it is alive."""

    def __init__(self, settings: Settings, paths: DataPaths, counts_alone: Callable[[], bool] = lambda: False) -> None:
        """`counts_alone` says whether the node has lost the counter server: no trouble for mail, but worth a look."""
        self._settings = settings
        self._counts_alone = counts_alone
        self._state = NodeState(settings, paths)
        self._server: WSGIServer | None = None
        self._metrics = make_wsgi_app(self._state.registry)

    def start(self) -> None:
        """Listen where `metrics.listen` says, or nowhere."""
        where = self._settings.metrics.listen
        if not where:
            return
        try:
            kind = _Server6 if ":" in where.host else _Server
            self._server = make_server(where.host, where.port, self._answer, kind, _Quiet)
        except OSError as problem:
            # Mail must not stop because a port for figures is taken.
            log.error("no metrics", listen=str(where), problem=str(problem))
            return
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            body: Iterable[bytes] = self._metrics(environ, start_response)
            return body
        if path == "/health":
            state = {**self._state.health(), "counts_alone": self._counts_alone()}
            status = "200 OK" if state["status"] == "ok" else "503 Service Unavailable"
            start_response(status, [("Content-Type", "application/json")])
            return [json.dumps(state).encode() + b"\n"]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"GET /metrics or /health\n"]
