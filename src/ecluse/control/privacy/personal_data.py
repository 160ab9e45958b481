"""What the registers of this app hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_ANSWERED = "proves that the request was answered, for five years (GDPR art. 5(2); Code civil art. 2224)"


def _kept(field: str, holds: Holds = Holds.WORDS, whose: Whose = Whose.ANYBODY) -> Personal:
    return Personal(field, holds, whose, Erasing.KEPT, _ANSWERED)


PERSONAL_DATA = (
    Store(
        "privacy.PersonRequest",
        Purpose.PRIVACY,
        Basis.OBLIGATION,
        Kept.REGISTER,
        (
            _kept("addresses", Holds.PLAIN),
            _kept("name", Holds.BESIDE),
            _kept("answer_to", Holds.ADDRESS),
            _kept("note"),
            _kept("identity_how"),
            _kept("identity_by", Holds.ADDRESS, Whose.MEMBER),
            _kept("outcome"),
            Impersonal("report", "what was erased and what was kept: stores, fields and numbers"),
        ),
    ),
    Store(
        "privacy.RequestStep",
        Purpose.PRIVACY,
        Basis.OBLIGATION,
        Kept.REGISTER,
        (
            _kept("by", Holds.ADDRESS, Whose.MEMBER),
            Impersonal("what", "a word of ours"),
            _kept("note"),
        ),
    ),
)
