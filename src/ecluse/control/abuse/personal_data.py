"""What complaints, cases and locks hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_NODE = "a machine of the provider"
_LOCKED = "keeps an account from which spam was sent from sending more; forgotten with the lock"

PERSONAL_DATA = (
    Store(
        "abuse.Case",
        Purpose.ABUSE,
        Basis.INTEREST,
        Kept.LOGS,
        (
            Personal("subject", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
            Personal("assignee", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Personal("opened_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
            Personal("outcome", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
        ),
    ),
    Store(
        "abuse.CaseNote",
        Purpose.ABUSE,
        Basis.INTEREST,
        Kept.LOGS,
        (
            Personal("by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
            Personal("text", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
        ),
    ),
    Store(
        "abuse.ToldComplaint",
        Purpose.ABUSE,
        Basis.INTEREST,
        Kept.LOGS,
        (
            Impersonal("id", "of a message"),
            Impersonal("reporter", "a domain"),
            Impersonal("kind", "a word of a standard"),
            Impersonal("domain", "of an organisation"),
            Impersonal("source_ip", "a server"),
            Personal("recipient", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.EMPTIED),
            Personal("author", Holds.ADDRESS, Whose.USER, Erasing.EMPTIED),
        ),
    ),
    Store(
        "abuse.KnownCampaign",
        Purpose.ABUSE,
        Basis.INTEREST,
        Kept.LOGS,
        (Impersonal("name", "a digest of content"), Impersonal("fingerprints", "digests of content")),
    ),
    Store("abuse.LockAlarm", Purpose.ABUSE, Basis.INTEREST, Kept.SOON_OVER, ()),
    Store(
        "abuse.LockLetter",
        Purpose.ABUSE,
        Basis.INTEREST,
        Kept.SOON_OVER,
        (
            Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Impersonal("address", "the provider's, for abuse"),
        ),
    ),
    Store(
        "abuse.ToldLock",
        Purpose.ABUSE,
        Basis.INTEREST,
        Kept.LOGS,
        (
            Impersonal("lock_id", "random"),
            Impersonal("node", _NODE),
            Personal("name", Holds.ADDRESS, Whose.USER, Erasing.KEPT, _LOCKED),
            Personal("reason", Holds.WORDS, Whose.USER, Erasing.KEPT, _LOCKED),
            Impersonal("origin", _NODE),
            Personal("evidence", Holds.SEALED, Whose.USER, Erasing.LAPSES, "a header; erased within 30 days (15-4)"),
        ),
    ),
    Store(
        "abuse.BusyDay",
        Purpose.ABUSE,
        Basis.CONTRACT,
        Kept.MONTHS,
        (Personal("address", Holds.ADDRESS, Whose.USER, Erasing.UNNAMED),),
    ),
    Store("abuse.LimitAlarm", Purpose.ABUSE, Basis.INSTRUCTION, Kept.SOON_OVER, ()),
    Store(
        "abuse.LimitLetter",
        Purpose.ABUSE,
        Basis.INSTRUCTION,
        Kept.SOON_OVER,
        (Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),),
    ),
    Store(
        "abuse.ToldLimit",
        Purpose.ABUSE,
        Basis.INSTRUCTION,
        Kept.SOON_OVER,
        (
            Personal("name", Holds.ADDRESS, Whose.USER, Erasing.ROW),
            Impersonal("answer", "a sentence of ours, with numbers"),
        ),
    ),
)
