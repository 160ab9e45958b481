"""What the answers of other servers mean: by words that the large providers use, else by their status (RFC 3463).

Words come first, since many say 5.1.1, 5.5.0 or 5.7.1 for everything. The tables are tried in their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from ecluse.domain.answer_class import AnswerClass

MAX_ANSWER = 1_000  # Characters that are looked at.

# Each line is what one of them says, or several; lower case, as regular expressions.
WORDS: tuple[tuple[AnswerClass, tuple[str, ...]], ...] = (
    (
        AnswerClass.LISTED,
        (
            r"spamhaus|spamcop|barracudacentral|abusix|sorbs|uceprotect|\b[rd]nsbl\b",
            r"block ?list|black ?list|deny ?list",
            r"(banned|blocked) (sending|sender) ip|\bip\b.{0,40}\b(blocked|banned|refused)",
            r"(poor|bad|low) (ip |domain )?reputation|reputation of the sending",
            r"\bofr_?(103|104|105|108|506)\b",  # Orange.
            r"\blpn007_(403|405|510)\b",  # La Poste.
        ),
    ),
    (
        AnswerClass.UNPROVEN,
        (
            r"\bdmarc\b|unauthenticated (e-?mail|message)|not authenticated|does not pass authentication",
            r"\bspf\b.{0,60}\b(fail|softfail|not pass|permerror|not authori[sz]ed)",
            r"\bdkim\b.{0,60}\b(fail|invalid|missing|required)|requires all senders to authenticate",
            # Of the sender, or of our own address, which says nothing of the recipient.
            r"\bsender('?s)?( verif| address| mailbox| account| domain|:| <| is| was).{0,40}(fail|reject|unknown|not found|invalid|exist|disabled|suspended)",
            r"\bsender (rejected|denied|verify failed)|(account|user).{0,20}(sending|authenticated)|authenticated (user|account)",
            r"\bptr\b|\br?dns\b.{0,20}\b(lookup|record|check)|reverse (dns|host|address|record)|\bhelo\b|your (ip|host)",
        ),
    ),
    (
        AnswerClass.TOO_FAST,
        (
            r"too (many|fast)|rate.?limit|throttl|temporarily deferred|unusual rate|receiving mail at a rate",
            r"try again later.{0,40}(volume|rate)|exceeded the (maximum )?(rate|number)|\[ts0[1-4]\]",  # Yahoo.
        ),
    ),
    (
        AnswerClass.FULL,
        (
            r"(mailbox|inbox|account|box).{0,30}\bfull\b|over ?quota|quota (is )?exceeded|exceeds? .{0,30}quota|out of storage",
        ),
    ),
    (AnswerClass.TOO_LARGE, (r"(message|size).{0,30}(too (large|big)|exceeds)|maximum message size",)),
    (
        AnswerClass.NO_DOMAIN,
        (r"null ?mx|domain.{0,60}(not found|does not (exist|accept mail)|nxdomain)|no such domain|unrouteable",),
    ),
    (
        AnswerClass.UNKNOWN,
        (
            r"(user|recipient|mailbox|account|address|destinataire|adresse).{0,60}\b(unknown|not known|not found|inconnue?)\b",
            r"\b(unknown|invalid|no such|nonexistent|non-existent) (local )?(user|recipient|mailbox|account|address|person)",
            r"(user|recipient|mailbox|account|address).{0,80}\b(does ?n[o']t|not) exist",
            r"does ?n[o']t have an? .{0,40}account|no mailbox (here )?by that name|recipientnotfound",
            r"(mailbox|account|user).{0,40}\b(disabled|inactive|deactivated|suspended|closed|no longer|been removed)",
            r"this (mailbox|account) is not (active|available)|requested action not taken: mailbox unavailable",
            r"recipient address rejected: (access denied|undeliverable)",  # Microsoft 365: not in the directory.
            r"\bofr_?(415|416|422)\b|adresse d.{0,3}au moins un destinataire invalide",  # Orange.
        ),
    ),
    (
        AnswerClass.UNWANTED,
        (r"\bspam\b|unsolicited|virus|malware|phish|prohibited|suspicious|content.{0,20}(rejected|refused|blocked)",),
    ),
)

# Subject and detail, then the subject alone (RFC 3463, and the registry that goes with it).
STATUSES: Mapping[str, AnswerClass] = MappingProxyType(
    {
        **dict.fromkeys(("1.1", "1.3", "1.6", "2.1"), AnswerClass.UNKNOWN),
        **dict.fromkeys(("1.2", "1.10", "4.4"), AnswerClass.NO_DOMAIN),
        "2.2": AnswerClass.FULL,
        **dict.fromkeys(("2.3", "3.4"), AnswerClass.TOO_LARGE),
        **dict.fromkeys(
            ("1.7", "1.8", "7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.29"), AnswerClass.UNPROVEN
        ),
        "7.28": AnswerClass.TOO_FAST,
        **dict.fromkeys(("7.606", "7.708"), AnswerClass.LISTED),
        "4": AnswerClass.AWAY,
        "7": AnswerClass.UNWANTED,
    }
)

_WORDS = tuple((each, re.compile("|".join(patterns))) for each, patterns in WORDS)
_STATUS = re.compile(r"\b[245]\.([0-9]{1,3})\.([0-9]{1,3})\b")
_NO_ANSWER = re.compile(r"(?![245][0-9][0-9]\b)")


def class_of(answer: str) -> AnswerClass:
    """What an answer, such as "550 5.1.1 no such user", or our own words for having got none, means."""
    text = answer[:MAX_ANSWER].casefold()
    said = next((each for each, pattern in _WORDS if pattern.search(text)), None)
    return said or _by_status(text)


def is_nobody_there(answer: str) -> bool:
    """Whether it turns a recipient down for good because the server does not know him."""
    return answer.startswith("5") and class_of(answer) is AnswerClass.UNKNOWN


def _by_status(text: str) -> AnswerClass:
    status = _STATUS.search(text)
    if status is None:
        return AnswerClass.AWAY if _NO_ANSWER.match(text) else AnswerClass.OTHER
    subject, detail = status.groups()
    return STATUSES.get(f"{subject}.{detail}") or STATUSES.get(subject, AnswerClass.OTHER)
