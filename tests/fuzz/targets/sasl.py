"""SASL as strangers speak it to us."""

from __future__ import annotations

from ecluse.wire.sasl.exchange import Challenge, Claim, SaslTrouble
from ecluse.wire.sasl.mechanisms import MECHANISMS
from ecluse.wire.sasl.scram import make_key
from tests.fuzz.target import Choices, Target, seed

_KEY = make_key("kq3vzn5wmx7t2ryhp4cds6jfbe2ag7uo")


def sasl(data: bytes) -> None:
    """Nobody proves anything without the secret, and whatever is claimed is a login that can be looked up."""
    choices = Choices(data)
    exchange = list(MECHANISMS.values())[choices.flags % len(MECHANISMS)](lambda _login: _KEY)
    for response in (None, *choices.octets.split(b"\r\n")[:8]):
        try:
            step = exchange.respond(response)
        except SaslTrouble:
            return
        assert isinstance(step, Challenge | Claim), "proven without the secret"
        if isinstance(step, Claim):
            assert step.secret
            assert step.login == step.login.casefold()
            assert "\0" not in step.login
            return


_RESPONSES = (
    b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO\r\nc=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    b"y,a=user,n=us=2Cer,r=a,x=1\r\nc=eSxhPXVzZXIs,r=a,p=AA==",
    b"\0ann\0secret",
    b"ann\r\nsecret",
)

TARGETS = (Target("sasl", sasl, tuple(seed(one, flags) for one in _RESPONSES for flags in (0, 1, 2)), 2_048),)
