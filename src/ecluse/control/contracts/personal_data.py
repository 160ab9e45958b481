"""What contracts hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_PROOF = "proves the contract, for its time and five years (Code civil art. 2224)"

PERSONAL_DATA = (
    Store(
        "contracts.PriceList",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.BOOKS,
        (
            Personal("made_by", Holds.ADDRESS, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Impersonal("plain", "prices"),
        ),
    ),
    Store(
        "contracts.TermsOfSale",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.CONTRACT,
        (
            Personal("made_by", Holds.ADDRESS, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Impersonal("name", "of a version"),
            Impersonal("text", "terms for everybody"),
            Impersonal("sha256", "of those"),
        ),
    ),
    Store(
        "contracts.Contract",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.CONTRACT,
        (Impersonal("options", "what was bought"), Impersonal("time_zone", "of an organisation")),
    ),
    Store(
        "contracts.NamedDomain",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.CONTRACT,
        (
            Impersonal("name", "a domain of an organisation"),
            Personal("reason", Holds.WORDS, Whose.ANYBODY, Erasing.KEPT, _PROOF),
        ),
    ),
    Store(
        "contracts.Acceptance",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.CONTRACT,
        (
            Personal("by", Holds.ADDRESS, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Personal("ip", Holds.BESIDE, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Personal("document", Holds.WORDS, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Impersonal("sha256", "of the document"),
        ),
    ),
    Store(
        "contracts.Move",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.CONTRACT,
        (
            Personal("by", Holds.ADDRESS, Whose.MEMBER, Erasing.KEPT, _PROOF),
            Impersonal("what", "a word of ours"),
            Personal("note", Holds.WORDS, Whose.MEMBER, Erasing.KEPT, _PROOF),
        ),
    ),
)
