"""What is held of a client's directory; the people in it stand with the addresses."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Impersonal, Kept, Purpose, Store

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
)
