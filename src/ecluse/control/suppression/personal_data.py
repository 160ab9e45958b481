"""What the lists of suppressed recipients hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_COMPLAINED = "he has complained of the client's mail: without this line he would get it again"

PERSONAL_DATA = (
    Store(
        "suppression.SuppressedRecipient",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.LOGS,
        (
            Personal("recipient", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.SERVICE, _COMPLAINED),
            Impersonal("key", "a digest of `recipient`, and goes with it"),
            Personal("why", Holds.WORDS, Whose.CORRESPONDENT, Erasing.UNNAMED),
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
