"""SCRAM-SHA-256 as a server speaks it (RFC 5802, RFC 7677), and the keys that it needs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable

from ecluse.domain.connector import ScramKey
from ecluse.wire.sasl.exchange import Challenge, Proven, SaslTrouble, Step, read_name, read_text

ITERATIONS = 4_096  # RFC 7677 section 4. Our secrets have 160 random bits: more would only cost time.
MAX_ITERATIONS = 100_000  # A key that was made elsewhere may not make each attempt a load.
SALT_OCTETS = 16
NONCE_OCTETS = 18

_KEY = re.compile(r"SCRAM-SHA-256\$([0-9]{1,6}):([A-Za-z0-9+/=]{8,128})\$([A-Za-z0-9+/=]{44}):([A-Za-z0-9+/=]{44})")
# RFC 5802 section 7: "y" says that the client could bind to the channel and believes that we cannot, which is true.
_CLIENT_FIRST = re.compile(
    r"(?P<header>[ny],(?:a=(?P<authzid>[^,\0]*))?,)(?P<bare>n=(?P<login>[^,\0]+),r=(?P<nonce>[!-+\--~]+)(?:,.*)?)"
)
_CLIENT_FINAL = re.compile(
    r"(?P<unproven>c=(?P<binding>[A-Za-z0-9+/=]+),r=(?P<nonce>[!-+\--~]+)(?:,[^,]*)*?),p=(?P<proof>[A-Za-z0-9+/=]+)"
)


def make_key(secret: str, *, salt: bytes = b"", iterations: int = ITERATIONS) -> ScramKey:
    """The key of a secret, with a fresh salt where none is given. Takes a millisecond or two."""
    salt = salt or secrets.token_bytes(SALT_OCTETS)
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, iterations)
    stored = hashlib.sha256(_mac(salted, b"Client Key")).digest()
    return ScramKey(salt, iterations, stored, _mac(salted, b"Server Key"))


def fits(key: ScramKey, secret: str) -> bool:
    """Whether this is the key's secret; takes as long whether it is or not."""
    made = make_key(secret, salt=key.salt, iterations=key.iterations)
    return hmac.compare_digest(made.stored_key, key.stored_key)


def written(key: ScramKey) -> str:
    """As RFC 5803 writes it, and PostgreSQL and Dovecot too."""
    salt, stored, server = (base64.b64encode(one).decode() for one in (key.salt, key.stored_key, key.server_key))
    return f"SCRAM-SHA-256${key.iterations}:{salt}${stored}:{server}"


def read_key(text: str) -> ScramKey:
    """The reverse of `written`. Raises `ValueError`."""
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            "expected SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, as `ecluse connector secret` prints it"
        )
    iterations = int(match[1])
    if not ITERATIONS <= iterations <= MAX_ITERATIONS:
        raise ValueError(f"expected {ITERATIONS} to {MAX_ITERATIONS} iterations, found {iterations}")
    salt, stored, server = (base64.b64decode(each, validate=True) for each in match.groups()[1:])
    return ScramKey(salt, iterations, stored, server)


class ScramExchange:
    """One attempt: client-first, server-first, client-final, server-final."""

    def __init__(self, find_key: Callable[[str], ScramKey], nonce: str = "") -> None:
        """`find_key` answers for every login, with a key that nothing fits where there is no such login."""
        self._find_key = find_key
        self._nonce = nonce or secrets.token_urlsafe(NONCE_OCTETS)
        self._said = ""  # Client-first without its header, then server-first (RFC 5802 section 3, AuthMessage).
        self._header = b""
        self._login = ""
        self._key: ScramKey | None = None
        self._is_proven = False

    def respond(self, response: bytes | None) -> Step:
        """See `Exchange.respond`."""
        if response is None:
            return Challenge(b"")
        if self._is_proven:
            if response:
                raise SaslTrouble("expected nothing more")
            return Proven(self._login)
        return self._first(read_text(response)) if self._key is None else self._final(self._key, read_text(response))

    def _first(self, said: str) -> Step:
        match = _CLIENT_FIRST.fullmatch(said)
        if match is None:
            raise SaslTrouble("client-first-message")
        self._login = read_name(match["login"])
        if match["authzid"] and read_name(match["authzid"]) != self._login:
            raise SaslTrouble("nobody acts for another one")
        self._header = match["header"].encode()
        self._nonce = match["nonce"] + self._nonce
        self._key = key = self._find_key(self._login)
        answer = f"r={self._nonce},s={base64.b64encode(key.salt).decode()},i={key.iterations}"
        self._said = f"{match['bare']},{answer}"
        return Challenge(answer.encode())

    def _final(self, key: ScramKey, said: str) -> Step:
        match = _CLIENT_FINAL.fullmatch(said)
        if match is None:
            raise SaslTrouble("client-final-message")
        if _octets(match["binding"]) != self._header or not hmac.compare_digest(
            match["nonce"].encode(), self._nonce.encode()
        ):
            raise SaslTrouble("client-final-message")
        message = f"{self._said},{match['unproven']}".encode()
        proof, signature = _octets(match["proof"]), _mac(key.stored_key, message)
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=False))
        if len(proof) != len(signature) or not hmac.compare_digest(hashlib.sha256(client_key).digest(), key.stored_key):
            raise SaslTrouble("the proof does not fit", self._login)
        self._is_proven = True
        # SMTP's 235 carries no data, so the server's own proof is a challenge that the client answers with nothing.
        return Challenge(b"v=" + base64.b64encode(_mac(key.server_key, message)))


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise SaslTrouble("base64") from None


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
