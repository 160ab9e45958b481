"""What the registers of this app hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_ANSWERED = "proves that the request was answered, for five years (GDPR art. 5(2); Code civil art. 2224)"
_INCIDENT = "proves how an incident was handled, for five years (GDPR art. 33(5); Code civil art. 2224)"
_DEMANDED = "proves what an authority was given, for five years (Code civil art. 2224)"
_HELD = "proves why what a client had set up was kept after its end (15-6), for the contract and five years"
_STATED = "proves what clients were told of data protection, for five years (GDPR art. 5(2); Code civil art. 2224)"


def _kept(field: str, holds: Holds = Holds.WORDS, whose: Whose = Whose.ANYBODY, why: str = _ANSWERED) -> Personal:
    return Personal(field, holds, whose, Erasing.KEPT, why)


def _register(model: str, why: str, by: str, *texts: str) -> Store:
    fields = (*(_kept(each, why=why) for each in texts), _kept(by, Holds.ADDRESS, Whose.MEMBER, why))
    return Store(f"privacy.{model}", Purpose.PRIVACY, Basis.OBLIGATION, Kept.REGISTER, fields)


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
    _register(
        "Incident",
        _INCIDENT,
        "opened_by",
        "title",
        "description",
        "account",
        "measures",
        "authority_why",
        "authority_reference",
    ),
    Store(
        "privacy.AffectedClient",
        Purpose.PRIVACY,
        Basis.OBLIGATION,
        Kept.REGISTER,
        (_kept("consequence", why=_INCIDENT),),
    ),
    _register(
        "Requisition",
        _DEMANDED,
        "entered_by",
        "authority",
        "reference",
        "legal_basis",
        "scope",
        "handed_over",
    ),
    Store(
        "privacy.ProtectionVersion",
        Purpose.PRIVACY,
        Basis.OBLIGATION,
        Kept.CONTRACT,
        (_kept("made_by", Holds.ADDRESS, Whose.MEMBER, _STATED), _kept("plain", Holds.PLAIN, Whose.MEMBER, _STATED)),
    ),
    Store(
        "privacy.RegisterLetter",
        Purpose.PRIVACY,
        Basis.OBLIGATION,
        Kept.SOON_OVER,
        (Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),),
    ),
    Store(
        "privacy.PurgeRun",
        Purpose.PRIVACY,
        Basis.OBLIGATION,
        Kept.LOGS,
        (Impersonal("node", "a machine of the provider"),),
    ),
    Store(
        "privacy.ClockAlarm",
        Purpose.PRIVACY,
        Basis.OBLIGATION,
        Kept.SOON_OVER,
        (Impersonal("node", "a machine of the provider"),),
    ),
    Store(
        "privacy.EndedClient",
        Purpose.PRIVACY,
        Basis.OBLIGATION,
        Kept.CONTRACT,
        (_kept("held_by", Holds.ADDRESS, Whose.MEMBER, _HELD), _kept("held_why", why=_HELD)),
    ),
)
