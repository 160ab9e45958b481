"""Who may do what with a held copy: one pure table of class, party and the client's rules (market 2.6)."""

from __future__ import annotations

from enum import StrEnum

from ecluse.control.mail.held import codes_of
from ecluse.control.mail.models import HeldMessage, QuarantineRules, UsersMay
from ecluse.domain.order import Releaser
from ecluse.domain.verdict import Category


class Answer(StrEnum):
    """Whether somebody may release."""

    YES = "yes"
    ASK = "ask"  # An administrator decides.
    NO = "no"


# What a file of the house or the scanner calls harmful has no way out by any button (9-5); the node's scanner, which
# looks at every release once more, has the last word all the same.
NEVER_CODES = frozenset({"VIRUS", "EICAR", "KNOWN_BAD_FILE"})
_BY_USERS = {UsersMay.RELEASE: Answer.YES, UsersMay.ASK: Answer.ASK, UsersMay.LOOK: Answer.NO}


def may_release(party: Releaser, message: HeldMessage, category: str, rules: QuarantineRules) -> Answer:
    """P is refused for good, for everybody; Q and M as the client wishes; senders free Q alone (1-6).

    What the client's own people send, its administrators alone approve.
    """
    codes = codes_of(message)
    if category not in (Category.QUARANTINE, Category.MASS) or codes & NEVER_CODES:
        return Answer.NO
    if party is Releaser.ADMINISTRATOR:
        return Answer.YES
    if message.is_outbound:
        return Answer.NO
    if party is Releaser.SENDER:
        is_free = category == Category.QUARANTINE and rules.senders_may_release
        return Answer.YES if is_free else Answer.NO
    wish = rules.spam_users_may if category == Category.QUARANTINE else rules.mass_users_may
    return _BY_USERS[UsersMay(wish)]
