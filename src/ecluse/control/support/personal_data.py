"""What tickets, and mail to support, hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_ANYBODY, _MEMBER = Whose.ANYBODY, Whose.MEMBER
_FILE = "a file that came with a ticket: nobody is singled out in it; it ends some time after the ticket was closed"
_MESSAGE = Impersonal("message_id", "of a mail, as its sender's program calls it")


def _store(model: str, kept: Kept, *fields: Personal | Impersonal) -> Store:
    return Store(f"support.{model}", Purpose.CONTRACT, Basis.CONTRACT, kept, fields)


PERSONAL_DATA = (
    _store(
        "Ticket",
        Kept.CONTRACT,
        Personal("subject", Holds.WORDS, _ANYBODY, Erasing.UNNAMED),
        Personal("requester", Holds.ADDRESS, Whose.USER, Erasing.EMPTIED),
        Personal("requester_name", Holds.BESIDE, Whose.USER, Erasing.EMPTIED, is_correctable=True),
        Personal("owner", Holds.PERSON, _MEMBER, Erasing.ALONG),
        Impersonal("token", "a random secret"),
        Personal("opened_by", Holds.ADDRESS, _MEMBER, Erasing.UNNAMED),
        Personal("decided_by", Holds.ADDRESS, _MEMBER, Erasing.UNNAMED),
    ),
    _store(
        "Entry",
        Kept.CONTRACT,
        Personal("by", Holds.ADDRESS, _ANYBODY, Erasing.UNNAMED),
        Personal("text", Holds.WORDS, _ANYBODY, Erasing.UNNAMED),
        Impersonal("mail", "of a message"),
        _MESSAGE,
    ),
    _store(
        "LinkedMessage",
        Kept.CONTRACT,
        Impersonal("message", "of a message"),
        Personal("linked_by", Holds.ADDRESS, _MEMBER, Erasing.UNNAMED),
    ),
    _store(
        "TicketFile",
        Kept.MONTHS,
        Personal("name", Holds.WORDS, _ANYBODY, Erasing.UNNAMED),
        Impersonal("kind", "a word of a standard"),
        Personal("octets", Holds.SEALED, _ANYBODY, Erasing.LAPSES, _FILE),
    ),
    _store("TicketLetter", Kept.SOON_OVER),
    _store(
        "ReadyAnswer",
        Kept.WHILE_USED,
        Impersonal("title", "for all clients"),
        Impersonal("text_fr", "the same"),
        Impersonal("text_en", "the same"),
    ),
    _store(
        "SupportMail",
        Kept.BODIES,
        Impersonal("id", "of a message"),
        Personal("sender", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.ROW),
        Personal("sender_name", Holds.BESIDE, Whose.CORRESPONDENT, Erasing.ALONG),
        Impersonal("proven", "a domain"),
        Personal("subject", Holds.WORDS, _ANYBODY, Erasing.UNNAMED),
        Personal("text", Holds.WORDS, _ANYBODY, Erasing.UNNAMED),
        _MESSAGE,
        Impersonal("thread", "ids of mails"),
        Impersonal("returned", "the id of one"),
    ),
    _store(
        "SupportMailFile",
        Kept.BODIES,
        Personal("name", Holds.WORDS, _ANYBODY, Erasing.UNNAMED),
        Impersonal("kind", "a word of a standard"),
        Personal("octets", Holds.SEALED, _ANYBODY, Erasing.LAPSES, _FILE),
    ),
)
