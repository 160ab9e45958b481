"""Whom a message pretends to come from, and what it asks for: words of ours and domains, never names or text (15-8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NameOf(StrEnum):
    """Whose name the author bears without writing from an address of theirs."""

    NOBODY = ""
    COLLEAGUE = "colleague"
    EXECUTIVE = "executive"


class Theme(StrEnum):
    """What swindlers write about; honest people do too, so that one alone says little."""

    PAYMENT = "payment"
    BANK_DETAILS = "bank-details"
    GIFT_CARD = "gift-card"
    URGENCY = "urgency"
    SECRECY = "secrecy"
    ERRAND = "errand"  # "Are you at your desk? I need a favour."


MONEY = frozenset({Theme.PAYMENT, Theme.BANK_DETAILS, Theme.GIFT_CARD})
PRESSURE = frozenset({Theme.URGENCY, Theme.SECRECY, Theme.ERRAND})


@dataclass(frozen=True, slots=True)
class ImpersonationFacts:
    """Domains are registered ones; "" where there is nothing to tell."""

    author_domain: str = ""
    name_of: NameOf = NameOf.NOBODY
    domain_in_name: str = ""  # Of an address that stands in the display name and is not the author's.
    is_ours_in_name: bool = False  # That is a domain of the client.
    is_author_ours: bool = False  # The author's domain is one of the client's.
    is_author_recipient: bool = False  # The message pretends to come from one who receives it.
    reply_domain: str = ""  # Of Reply-To, where answers go to another domain than the author's.
    is_reply_free: bool = False  # Answers go to a mailbox that anybody may open, and the author's is none of those.
    is_reply_new: bool = False  # The node remembers no mail of that domain.
    imitated_domain: str = ""  # What the author's domain, or that of Reply-To, is easily taken for.
    is_imitated_ours: bool = False  # That is one of the client's.
    imitated_brand: str = ""  # The protected name that the author's domain or that of Reply-To is made to look like.
    brand_in_name: str = ""  # The protected name in the display name, where the author's domain is not its owner's.
    themes: tuple[Theme, ...] = ()

    @property
    def asks_for_money(self) -> bool:
        """Whether the text is about money, and presses its reader."""
        return not MONEY.isdisjoint(self.themes) and not PRESSURE.isdisjoint(self.themes)
