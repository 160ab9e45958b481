"""The mechanisms that we offer, the strongest first."""

from __future__ import annotations

from collections.abc import Callable

from ecluse.domain.connector import ScramKey
from ecluse.wire.sasl.exchange import Exchange
from ecluse.wire.sasl.plain import LoginExchange, PlainExchange
from ecluse.wire.sasl.scram import ScramExchange

FindKey = Callable[[str], ScramKey]

MECHANISMS: dict[str, Callable[[FindKey], Exchange]] = {
    "SCRAM-SHA-256": ScramExchange,
    "PLAIN": lambda _find_key: PlainExchange(),
    "LOGIN": lambda _find_key: LoginExchange(),
}
