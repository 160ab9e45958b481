"""TLS reports to URLs: over TLS alone, to permitted addresses alone, and it is known whether they were taken."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network

import pytest

from ecluse.adapters.http.report_upload import HttpsUpload
from tests.journeys.certificates import server_context
from tests.loopback import free_port

LOOPBACK = (ip_network("127.0.0.0/8"),)


@contextmanager
def receiver(folder, answer):
    """An HTTPS server that answers so; its address, and what it got."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answer)
            self.send_header("Location", "https://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", free_port()), Handler)
    server.socket = server_context(folder, "reports.test").wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # A client that does not trust us hangs up.
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}/tls", got
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("answer", "is_taken"), [(200, True), (202, True), (302, False), (400, False), (503, False)])
def test_a_report_is_posted_once_and_a_redirect_is_not_followed(tmp_path, answer, is_taken):
    with receiver(tmp_path, answer) as (url, got):
        upload = HttpsUpload("application/tlsrpt+gzip", LOOPBACK, tmp_path / "cert.pem")
        assert upload.post(url, b"packed") is is_taken
    assert got == [("application/tlsrpt+gzip", b"packed")]


def test_nothing_is_posted_to_a_private_address_or_to_a_server_that_nobody_vouches_for(tmp_path):
    with receiver(tmp_path, 200) as (url, got):
        assert not HttpsUpload("a/b", (), tmp_path / "cert.pem").post(url, b"packed")
        assert not HttpsUpload("a/b", LOOPBACK).post(url, b"packed")
        assert not HttpsUpload("a/b", LOOPBACK, tmp_path / "cert.pem").post("https://[", b"packed")
    assert got == []


def test_those_that_take_nothing_cost_so_much_time_and_no_more(tmp_path):
    with receiver(tmp_path, 200) as (url, got):
        upload = HttpsUpload("a/b", LOOPBACK, tmp_path / "cert.pem", patience_s=1e-9)
        assert upload.post(url, b"one")
        assert upload.post(url, b"two")
        assert not upload.post(f"https://127.0.0.1:{free_port()}/", b"three")
        assert not upload.post(url, b"four")
    assert [octets for _, octets in got] == [b"one", b"two"]
