"""What is held of a client's directory, whose people stand with the addresses; and of addresses that were found."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

PERSONAL_DATA = (
    Store(
        "directories.Directory",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("host", "a server of the client"),
            Impersonal("authority", "a certificate"),
            Impersonal("bind_dn", "the account of a program"),
            Impersonal("secret", "of a program"),
            Impersonal("base", "a place in a tree"),
            Impersonal("filter", "a question"),
            Impersonal("address_attribute", "the name of an attribute"),
            Impersonal("alias_attributes", "names of attributes"),
            Impersonal("name_attribute", "the name of an attribute"),
            Impersonal("trouble", "a word of ours"),
            Impersonal("said", "what a server said of the account of a program"),
        ),
    ),
    Store("directories.FromDirectory", Purpose.DELIVERY, Basis.INSTRUCTION, Kept.WHILE_USED, ()),
    Store(
        "directories.FoundAddress",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.LOGS,  # 60 days where nobody says anything: `found.py`.
        (Personal("address", Holds.ADDRESS, Whose.USER, Erasing.ROW),),
    ),
    Store(
        "directories.FoundLetter",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.LOGS,  # 60 days: `found_letters.py`.
        (Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),),
    ),
)
