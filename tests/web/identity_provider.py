"""A small OpenID Connect provider on 127.0.0.1, over TLS: discovery, code flow with PKCE, signed tokens, userinfo."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.journeys.certificates import server_context

APPLICATION, SECRET = "ecluse-at-one", "what the two know"


@dataclass
class Provider:
    """Whoever comes is `person`: the claims that are told of him."""

    issuer: str
    certificate: Path
    person: dict[str, object] = field(default_factory=dict)
    told_elsewhere: dict[str, object] = field(default_factory=dict)  # What userinfo says otherwise than the token.
    discovery: dict[str, object] = field(default_factory=dict)  # What the discovery document says otherwise.
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, dict[str, object]] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65_537, 2_048))

    def described(self):
        ends = ("authorization", "token", "userinfo")
        return {
            "issuer": self.issuer,
            **{f"{each}_endpoint": f"{self.issuer}/{each}" for each in ends},
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **self.discovery,
        }

    def authorize(self, asked):
        """Where the browser is sent back to."""
        assert asked["client_id"] == APPLICATION
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked):
        """Tokens for a code, once, for who has its verifier; None for everybody else."""
        begun = self.codes.pop(asked.get("code", ""), None)
        verifier = base64.urlsafe_b64encode(hashlib.sha256(asked.get("code_verifier", "").encode()).digest())
        if begun is None or begun["code_challenge"] != verifier.rstrip(b"=").decode():
            return None
        if (asked.get("client_id"), asked.get("client_secret")) != (APPLICATION, SECRET):
            return None
        now, access = int(time.time()), secrets.token_urlsafe()
        self.tokens[access] = {**self.person, **self.told_elsewhere}
        claims = {**self.person, "iss": self.issuer, "aud": APPLICATION, "iat": now, "exp": now + 60}
        signed = jwt.encode(claims, self.key, "RS256", {"kid": "one"})
        return {"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": signed}


@contextmanager
def running(folder: Path) -> Iterator[Provider]:
    """Until the block ends."""
    context = server_context(folder, "localhost")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    provider = Provider(f"https://127.0.0.1:{server.server_address[1]}", folder / "cert.pem")
    server.provider = provider
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        provider, parts = self.server.provider, urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            self._answer(200, provider.described())
        elif parts.path == "/authorization":
            self._redirect(provider.authorize(_flat(parts.query)))
        elif parts.path == "/userinfo":
            told = provider.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
            self._answer(200 if told else 401, told or {"error": "invalid_token"})
        elif parts.path == "/elsewhere":
            self._redirect(f"{provider.issuer}/.well-known/openid-configuration")
        elif parts.path == "/endless":
            self._answer(200, {"much": "x" * 1_000_000})
        else:
            self._answer(404, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = self.server.provider.token(_flat(body)) if urlsplit(self.path).path == "/token" else None
        self._answer(200 if answer else 400, answer or {"error": "invalid_grant"})

    def _answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return  # Who asked has had enough.

    def _redirect(self, address):
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Tests are quiet."""


def _flat(query):
    return {name: values[0] for name, values in parse_qs(query).items()}
