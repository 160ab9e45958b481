"""What a client has decided about its own outbound mail: rules in an order, the first that fits is obeyed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

MAX_NAME, MAX_REFUSAL = 60, 110  # Characters: with name and id they fit into the line of a reply.
REFUSED = "A rule of your organisation does not let this message out."
HELD = "A rule of your organisation has this message wait for an administrator."


class RuleAction(StrEnum):
    """What becomes of a message that a rule fits."""

    REFUSE = "refuse"  # 550: its sender is told why.
    HOLD = "hold"  # It waits until somebody of the client approves it.
    LET_THROUGH = "let-through"  # No later rule is asked; all other checks are.


@dataclass(frozen=True, slots=True)
class SendingRule:
    """One rule; each condition that it names must be met, by one of the values that stand there."""

    name: str  # Unique among the client's; the sender reads it.
    action: RuleAction
    text: str = ""  # What a refused sender reads in place of ours.
    senders: tuple[str, ...] = ()  # As `ListEntry.pattern`, of addresses and domains alone.
    recipients: tuple[str, ...] = ()  # The same; one of them is enough.
    is_external: bool = False  # A recipient is in none of the client's domains.
    words: tuple[str, ...] = ()  # RE2, of subject, texts and the texts of files.
    suffixes: frozenset[str] = frozenset()  # Of files, in archives too.
    types: frozenset[str] = frozenset()  # Of files by their content: words of `opening/types.py`.
    octets_over: int = 0  # The message is larger; 0 = whatever its size.
    recipients_over: int = 0  # It has more recipients; 0 = however many.

    @property
    def reason(self) -> str:
        """For the sender: ASCII, since replies are (RFC 5321 section 4.2), of which NFKD makes five characters of some."""
        text = self.text or (REFUSED if self.action is RuleAction.REFUSE else HELD)
        return f'{_ascii(text)[:MAX_REFUSAL]} (rule "{_ascii(self.name)[:MAX_NAME]}")'


@dataclass(frozen=True, slots=True)
class SendingRuleFacts:
    """Which rules a message meets, as far as content and addresses decide: nothing else is kept of either."""

    met: tuple[str, ...] = ()  # Names of rules.


def is_of(pattern: str, address_key: str) -> bool:
    """Whether an `Address.key` is one that a pattern of a rule means."""
    if "@" in pattern:
        return address_key == pattern
    domain = address_key.rpartition("@")[2]
    return domain.endswith(pattern[1:]) if pattern.startswith("*.") else domain == pattern


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
