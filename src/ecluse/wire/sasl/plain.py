"""The mechanisms that hand over the secret itself, inside TLS: PLAIN (RFC 4616) and LOGIN (which no RFC has)."""

from __future__ import annotations

from ecluse.wire.sasl.exchange import Challenge, Claim, SaslTrouble, Step, plain_name, read_text


class PlainExchange:
    """authzid NUL login NUL secret."""

    def respond(self, response: bytes | None) -> Step:
        """See `Exchange.respond`."""
        if response is None:
            return Challenge(b"")
        parts = read_text(response).split("\0")
        if len(parts) != 3 or not parts[2]:
            raise SaslTrouble("expected authzid NUL login NUL secret")
        authzid, login, secret = parts[0], plain_name(parts[1]), parts[2]
        if authzid and plain_name(authzid) != login:
            raise SaslTrouble("nobody acts for another one", login)
        return Claim(login, secret)


class LoginExchange:
    """Two questions; old devices and Outlook know nothing else."""

    def __init__(self) -> None:
        self._login = ""

    def respond(self, response: bytes | None) -> Step:
        """See `Exchange.respond`."""
        if response is None:
            return Challenge(b"Username:")
        text = read_text(response)
        if not self._login:
            self._login = plain_name(text)
            return Challenge(b"Password:")
        if not text:
            raise SaslTrouble("expected a secret", self._login)
        return Claim(self._login, text)
