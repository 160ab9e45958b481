"""What the SLA's instrument holds of people: who entered, said or chose something. Closed months name nobody."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_SERVER = "a machine of the provider"
_SUM = "a sum over numbers"
_COUNTED = "moments and numbers"


def _store(model: str, kept: Kept, *fields: Personal | Impersonal) -> Store:
    return Store(f"sla.{model}", Purpose.CONTRACT, Basis.CONTRACT, kept, fields)


def _member(field: str) -> Personal:
    return Personal(field, Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED)


def _words(field: str) -> Personal:
    return Personal(field, Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED)


PERSONAL_DATA = (
    _store("ServerPair", Kept.CONTRACT, Impersonal("first", _SERVER), Impersonal("second", _SERVER)),
    _store("VantagePoint", Kept.WHILE_USED, Impersonal("name", "a place")),
    _store(
        "ProbedHour", Kept.LOGS, Impersonal("server", _SERVER), Impersonal("reason", "what a server of ours answered")
    ),
    _store("ServerOutage", Kept.CONTRACT, Impersonal("server", _SERVER), _words("reason"), _member("entered_by")),
    _store("ForceMajeure", Kept.CONTRACT, _words("reason"), _words("document"), _member("entered_by")),
    _store("MxCheck", Kept.LOGS, Impersonal("domains", "names of domains and of servers")),
    _store("ReceivedVirus", Kept.LOGS, _member("said_by")),
    _store(
        "MonthClosing",
        Kept.CONTRACT,
        Impersonal("inputs", _COUNTED),
        Impersonal("figures", _COUNTED),
        Impersonal("previous", _SUM),
        Impersonal("seal", _SUM),
    ),
    _store(
        "Breach",
        Kept.CONTRACT,
        Personal(
            "chosen_by",
            Holds.ADDRESS,
            Whose.MEMBER,
            Erasing.KEPT,
            "proof of a choice that binds the client (4-5), for the contract and five years",
        ),
        Impersonal("outcome", _COUNTED),
    ),
    _store("BreachLetter", Kept.SOON_OVER, Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG)),
    _store("StatusPage", Kept.WHILE_USED, Impersonal("token", "random")),
)
