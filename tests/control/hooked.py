"""A client with a webhook, and a real server that takes its notices."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.adapters.http.poster import HttpsPoster
from ecluse.control.tenants import services as tenants
from ecluse.control.webhooks import services
from ecluse.control.webhooks.models import Notice, Webhook
from tests.control.cast import ADMIN, ROUTE, client, make_master_key
from tests.journeys.certificates import server_context

URL = "https://hooks.one.example/ecluse?from=us"
EVENTS = (
    "message.refused",
    "message.held",
    "message.released",
    "message.flagged-late",
    "domain.mx-broken",
    "domain.mx-mended",
    "sla.choice-opened",
    "support.answered",
    "sending.locked",
    "sending.limit-near",
    "sending.limit-reached",
    "domain.record-changed",
    "domain.key-lost",
)


class Receiver:
    """An HTTPS server that takes notices, and answers as it is told."""

    def __init__(self, folder):
        self.taken, self.status, self.drip = [], 204, threading.Event()
        self.is_slow = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.taken.append((self.path, dict(self.headers), body))
                if outer.is_slow:
                    outer.drip.wait(30)
                self.send_response(outer.status)
                self.send_header("location", "https://127.0.0.1/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = server_context(folder, "hooks.one.example").wrap_socket(
            self.server.socket, server_side=True
        )
        self.port = self.server.server_address[1]
        self.trust = ssl.create_default_context(cafile=folder / "cert.pem")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def poster(self, **changes):
        options = {"is_allowed": lambda _: True, "deadline_s": 20.0, **changes}
        return HttpsPoster(lambda _: ("127.0.0.1",), self.trust, **options)

    def post(self, url, headers, body):
        return self.poster().post(url.replace("hooks.one.example", f"hooks.one.example:{self.port}"), headers, body)

    def end(self):
        self.drip.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver(tmp_path):
    made = Receiver(tmp_path)
    yield made
    made.end()


@pytest.fixture
def one(tmp_path, settings):
    make_master_key(tmp_path, settings)
    owner = client("One")
    with scope(client=owner):
        tenants.add_domain(owner, "one.example", [ROUTE], by=ADMIN)
    return owner


@pytest.fixture
def hook(one):
    with scope(client=one):
        made, secret = services.add_webhook(one, URL, EVENTS, by=ADMIN)
    made.told_secret = secret
    return made


def notices(**which):
    with scopes_disabled():
        return list(Notice.objects.filter(**which).order_by("pk"))


def reread(hook):
    with scopes_disabled():
        return Webhook.objects.get(pk=hook.pk)


def give_notice(hook, count=1):
    with scope(client=hook.client):
        for _ in range(count):
            services.send_test(hook, by=ADMIN)
