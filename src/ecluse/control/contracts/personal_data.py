"""What contracts hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_PROOF = "proves the contract, for its time and five years (Code civil art. 2224)"


def _kept(field: str, holds: Holds = Holds.ADDRESS, whose: Whose = Whose.MEMBER) -> Personal:
    return Personal(field, holds, whose, Erasing.KEPT, _PROOF)


def _store(model: str, *fields: Personal | Impersonal, kept: Kept = Kept.CONTRACT) -> Store:
    return Store(f"contracts.{model}", Purpose.CONTRACT, Basis.CONTRACT, kept, fields)


_BOUGHT = Impersonal("options", "what was bought")

PERSONAL_DATA = (
    _store("PriceList", _kept("made_by"), Impersonal("plain", "prices"), kept=Kept.BOOKS),
    _store(
        "TermsOfSale",
        _kept("made_by"),
        Impersonal("name", "of a version"),
        Impersonal("text", "terms for everybody"),
        Impersonal("text_en", "the same"),
        Impersonal("sha256", "of those"),
    ),
    _store("Contract", _BOUGHT, Impersonal("time_zone", "of an organisation")),
    _store(
        "NamedDomain",
        Impersonal("name", "a domain of an organisation"),
        _kept("reason", Holds.WORDS, Whose.ANYBODY),
    ),
    _store(
        "Amendment",
        Impersonal("before", "what was bought before"),
        _BOUGHT,
        Impersonal("domains", "of an organisation"),
        Impersonal("invoice", "the number of one"),
    ),
    _store(
        "Acceptance",
        _kept("by"),
        _kept("ip", Holds.BESIDE),
        _kept("document", Holds.WORDS),
        Impersonal("sha256", "of the document"),
    ),
    _store(
        "ContractPaper",
        Impersonal("document_sha256", "of what was accepted"),
        _kept("made_by"),
        _kept("body", Holds.SEALED),
        Impersonal("sha256", "of the file"),
    ),
    _store(
        "ChangeNotice",
        _kept("made_by"),
        Impersonal("title", "for all clients"),
        Impersonal("text_fr", "the same"),
        Impersonal("text_en", "the same"),
    ),
    _store("ChangeLetter", Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG)),
    _store(
        "NoticeAddress",
        Personal("address", Holds.ADDRESS, Whose.MEMBER, Erasing.ROW),
        kept=Kept.WHILE_USED,
    ),
    _store(
        "ServiceLetter",
        Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
        Personal("elsewhere", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
        _kept("reason", Holds.WORDS, Whose.ANYBODY),
    ),
    _store(
        "RefundRequest",
        Impersonal("cause", "an article of the contract"),
        Impersonal("source", "the number of what has happened"),
        _kept("asked_by"),
        Impersonal("credit_notes", "their numbers"),
    ),
    _store("Move", _kept("by"), Impersonal("what", "a word of ours"), _kept("note", Holds.WORDS)),
)
