"""What outbound mail is held to, and what is known of one message of it beside its content (3-9, 3-11, 3-12)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
LEAST_UNKNOWN = 20  # Recipients of a day: of fewer than that a share says nothing.
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
    unknown_percent: int = 0  # Of a day's recipients, those whom their servers do not know; see `LEAST_UNKNOWN`.

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

    def within(self, others: Rates) -> Rates:
        """Of each limit of the two the lower one."""
        if others == _UNLIMITED:
            return self  # Nearly always, and asked for each message.
        both = zip(self.rows(), others.rows(), strict=True)
        rates = (_lower(mine, theirs) for (_, _, mine), (_, _, theirs) in both)
        return replace(Rates(*rates), unknown_percent=_lower(self.unknown_percent, others.unknown_percent))


def _lower(mine: int, theirs: int) -> int:
    return min(filter(None, (mine, theirs)), default=0)


_UNLIMITED = Rates()


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """What a client allows its own senders; never more than the node does."""

    account: Rates = field(default_factory=Rates)
    client: Rates = field(default_factory=Rates)


@dataclass(frozen=True, slots=True)
class SendingTerms:
    """The limits of a node."""

    most_alike: int = (
        MOST_ALIKE  # Recipients of one message, or within 24 hours of near-identical ones, of one account.
    )
    account: Rates = field(default_factory=Rates)
    domain: Rates = field(default_factory=Rates)
    client: Rates = field(default_factory=Rates)
    stops_bursts: bool = True  # What looks stolen is locked (3-12); False: only told.


@dataclass(frozen=True, slots=True)
class SendingFacts:
    """What an outbound message is like, beside what stands in it."""

    likeness: tuple[str, ...] = ()  # Names that near-identical messages share; one at least.
    fresh: tuple[str, ...] = ()  # `Address.key` of the recipients to whom nobody of the client has written before.
    known: int = 0  # Recipients who have been written to, or have written.
    places: tuple[str, ...] = ()  # Network and country that it came from; none for private networks.
    new_places: tuple[str, ...] = ()  # Those of them that the account has not sent from before today.
    is_new_to_client: bool = False  # Nobody of the client has sent from that network before today.
    links: tuple[str, ...] = ()  # Registered domains that it links to, the client's own left out.
    new_links: tuple[str, ...] = ()  # Those of them that the account has not linked to before today.
    program: str = ""  # By which it was written.
    is_program_own: bool = False  # The account has used it before today.
    # The account has not used it before today; in its first days: nobody of the client has.
    is_program_new: bool = False
    is_hour_odd: bool = False  # The account does not send around that hour of the day.
    days_known: float = 0.0  # Since the account's first message.
    client_days_known: float = 0.0  # Since the client's.
    is_newcomer: bool = False  # The account, or the client, is in its first days here.
