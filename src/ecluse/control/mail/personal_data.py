"""What orders, held mail, objections and digests hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_NODE = Impersonal("node", "a machine of the provider")
_SETTINGS = (
    Impersonal("hours", "hours of a day"),
    Impersonal("days", "days of a week"),
    Impersonal("classes", "letters of ours"),
)
_LETTER = "part of a letter to somebody else, who holds it for his client; gone within 30 days (15-4)"
_WORD_OF_OURS = "a word of ours"

PERSONAL_DATA = (
    Store(
        "mail.NodeOrder",
        Purpose.QUARANTINE,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            Impersonal("id", "random"),
            _NODE,
            Impersonal("target", "an id, or a domain"),
            Personal("body", Holds.SEALED, Whose.USER, Erasing.LAPSES, "erased when the node has answered"),
            Personal("actor", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
            Personal("text", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
            Personal("answer", Holds.SEALED, Whose.USER, Erasing.LAPSES, "what was looked at; erased within the hour"),
        ),
    ),
    Store(
        "mail.HeldMessage",
        Purpose.QUARANTINE,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            Impersonal("id", "made of the time and random"),
            _NODE,
            Personal("sender", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.LAPSES, _LETTER),
            Impersonal("disposition", _WORD_OF_OURS),
            Impersonal("codes", "words of ours"),
            Personal("reason", Holds.WORDS, Whose.CORRESPONDENT, Erasing.LAPSES, _LETTER),
            Impersonal("seal", "a key, sealed to the client"),
            Personal("summary", Holds.SEALED, Whose.CORRESPONDENT, Erasing.LAPSES, _LETTER),
            Impersonal("token", "a digest of a random secret"),
        ),
    ),
    Store(
        "mail.ApprovalLetter",
        Purpose.QUARANTINE,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),),
    ),
    Store(
        "mail.HeldCopy",
        Purpose.QUARANTINE,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            Personal(
                "recipient",
                Holds.ADDRESS,
                Whose.USER,
                Erasing.SERVICE,
                "its content is deleted; the line that says so goes within 30 days of the message's arrival",
            ),
            Impersonal("category", _WORD_OF_OURS),
            Personal("ended_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
        ),
    ),
    Store(
        "mail.DeclinedRequest",
        Purpose.QUARANTINE,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (Personal("reason", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),),
    ),
    Store(
        "mail.Objection",
        Purpose.PROOF,
        Basis.INTEREST,
        Kept.LOGS,
        (
            Impersonal("message", "an id"),
            Personal("recipient", Holds.ADDRESS, Whose.USER, Erasing.UNNAMED),
            Personal("raised_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
            Personal("note", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
            Personal("answered_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
            Personal("reason", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
            Personal("evidence", Holds.PLAIN, Whose.ANYBODY, Erasing.UNNAMED),
            Impersonal("exclusions", "words of ours"),
        ),
    ),
    Store(
        "mail.LateFlag",
        Purpose.ABUSE,
        Basis.CONTRACT,
        Kept.LOGS,
        (
            Impersonal("campaign", "a digest of content"),
            Impersonal("message", "an id"),
            Personal("recipient", Holds.ADDRESS, Whose.USER, Erasing.UNNAMED),
            Personal("sender", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.UNNAMED),
        ),
    ),
    Store("mail.QuarantineRules", Purpose.QUARANTINE, Basis.INSTRUCTION, Kept.WHILE_USED, ()),
    Store(
        "mail.ChallengedSender",
        Purpose.QUARANTINE,
        Basis.INTEREST,
        Kept.SOON_OVER,
        (Personal("sender", Holds.SEALED, Whose.CORRESPONDENT, Erasing.LAPSES, "a digest; gone after a day"),),
    ),
    Store(
        "mail.UsedChallenge",
        Purpose.QUARANTINE,
        Basis.INTEREST,
        Kept.SOON_OVER,
        (Impersonal("digest", "of something random"),),
    ),
    Store("mail.DigestRules", Purpose.QUARANTINE, Basis.INSTRUCTION, Kept.WHILE_USED, _SETTINGS),
    Store(
        "mail.DigestWish",
        Purpose.QUARANTINE,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Personal("recipient", Holds.ADDRESS, Whose.USER, Erasing.ROW),
            *_SETTINGS,
            Personal("language", Holds.BESIDE, Whose.USER, Erasing.ALONG),
            Personal("time_zone", Holds.BESIDE, Whose.USER, Erasing.ALONG),
        ),
    ),
    Store(
        "mail.Digest",
        Purpose.QUARANTINE,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            Personal("recipient", Holds.ADDRESS, Whose.USER, Erasing.ROW),
            Impersonal("slot", "an hour"),
        ),
    ),
    Store(
        "mail.UsedLink", Purpose.QUARANTINE, Basis.INTEREST, Kept.SOON_OVER, (Impersonal("digest", "of a secret link"),)
    ),
)
