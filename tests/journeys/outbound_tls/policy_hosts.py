"""HTTPS servers that give out MTA-STS policies, well and badly."""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class PolicyHost:
    """Answers for any domain with what `policies` has for it; other domains are not found."""

    def __init__(self, host, port, pem, policies):
        self.policies = policies
        self.asked = Counter()
        self._server = ThreadingHTTPServer((host, port), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # Clients that do not like our certificate hang up.
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                domain = self.headers["Host"].partition(":")[0].removeprefix("mta-sts.")
                host.asked[domain] += 1
                text = host.policies.get(domain) if self.path == "/.well-known/mta-sts.txt" else None
                self.send_response(200 if text is not None else 404)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write((text or "").encode())

            def log_message(self, *_):
                pass

        return Handler


def policy(mode, *servers, max_age=86_400):
    lines = ["version: STSv1", f"mode: {mode}", *[f"mx: {each}" for each in servers], f"max_age: {max_age}"]
    return "\r\n".join(lines) + "\r\n"
