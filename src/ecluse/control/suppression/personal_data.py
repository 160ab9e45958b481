"""What the lists of suppressed recipients hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

PERSONAL_DATA = (
    Store(
        "suppression.SuppressedRecipient",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.LOGS,
        (
            Personal("recipient", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.SERVICE),
            Impersonal("key", "a digest of `recipient`, and goes with it"),
            Personal("why", Holds.WORDS, Whose.CORRESPONDENT, Erasing.SERVICE),
            Personal("added_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
        ),
    ),
    Store(
        "suppression.UnknownRecipient",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.MONTHS,
        (
            Personal("recipient", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.ROW),
            Impersonal("message", "an id"),
            Personal("answer", Holds.WORDS, Whose.CORRESPONDENT, Erasing.ROW),
        ),
    ),
)
