"""What the audit trail holds of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_PROOF = "the record of his own acts proves them for 365 days (4-5 to 4-7)"

PERSONAL_DATA = (
    Store(
        "audit.Entry",
        Purpose.PROOF,
        Basis.INTEREST,
        Kept.LOGS,
        (
            Personal("actor_name", Holds.ADDRESS, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Personal("actor_id", Holds.BESIDE, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Personal("ip", Holds.BESIDE, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Personal("on_behalf_of", Holds.WORDS, Whose.ANYBODY, Erasing.SERVICE),
            Personal("before", Holds.PLAIN, Whose.ANYBODY, Erasing.SERVICE),
            Personal("after", Holds.PLAIN, Whose.ANYBODY, Erasing.SERVICE),
            Impersonal("action", "a word of ours"),
            Impersonal("subject", "kind and number of what was acted upon"),
            Impersonal("salt", "random"),
            Impersonal("commitment", "of salted content: says nothing once the salt is erased"),
            Impersonal("hash", "over commitments"),
        ),
    ),
    Store(
        "audit.Checkpoint",
        Purpose.PROOF,
        Basis.INTEREST,
        Kept.CONTRACT,
        (Impersonal("hash", "over commitments"), Impersonal("signature", "of the installation")),
    ),
)
