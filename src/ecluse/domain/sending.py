"""What outbound mail is held to, and what is known of one message of it beside its content (3-9, 3-11, 3-12)."""

from __future__ import annotations

from dataclasses import dataclass, field

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
MOST_ALIKE = 500  # Contract 3-11: more recipients than that block an account at once.


@dataclass(frozen=True, slots=True)
class Rates:
    """How much may be sent within a window of the clock; 0 = as much as one likes."""

    messages_per_minute: int = 0
    messages_per_hour: int = 0
    messages_per_day: int = 0
    recipients_per_minute: int = 0
    recipients_per_hour: int = 0
    recipients_per_day: int = 0

    def rows(self) -> tuple[tuple[str, int, int], ...]:
        """What is counted, its window in seconds, and how much of it is the most."""
        return (
            ("messages", MINUTE_S, self.messages_per_minute),
            ("messages", HOUR_S, self.messages_per_hour),
            ("messages", DAY_S, self.messages_per_day),
            ("recipients", MINUTE_S, self.recipients_per_minute),
            ("recipients", HOUR_S, self.recipients_per_hour),
            ("recipients", DAY_S, self.recipients_per_day),
        )


@dataclass(frozen=True, slots=True)
class SendingTerms:
    """The limits of a node."""

    most_alike: int = (
        MOST_ALIKE  # Recipients of one message, or within 24 hours of near-identical ones, of one account.
    )
    account: Rates = field(default_factory=Rates)
    domain: Rates = field(default_factory=Rates)
    client: Rates = field(default_factory=Rates)


@dataclass(frozen=True, slots=True)
class SendingFacts:
    """What an outbound message is like, beside what stands in it."""

    likeness: tuple[str, ...] = ()  # Names that near-identical messages share; one at least.
    fresh: tuple[str, ...] = ()  # `Address.key` of the recipients to whom nobody of the client has written before.
    known: int = 0  # Recipients who have been written to, or have written.
    network: str = ""  # Where it came from; "" for private networks.
    is_new_network: bool = False  # The account has not sent from there before.
    is_new_country: bool = False
    days_known: float = 0.0  # Since the account's first message.
