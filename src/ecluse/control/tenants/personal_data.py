"""What is held of people with clients, domains and addresses."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_SERVED = "the client has this mailbox served: it goes on the client's word"

PERSONAL_DATA = (
    Store(
        "tenants.Client",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.CONTRACT,
        (Impersonal("name", "of an organisation (P-1)"), Impersonal("time_zone", "of an organisation")),
    ),
    Store(
        "tenants.Domain",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (Impersonal("name", "a domain of an organisation"), Impersonal("challenge", "random")),
    ),
    Store(
        "tenants.DomainPermission",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.CONTRACT,
        (
            Impersonal("name", "a domain of an organisation"),
            Personal("reason", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
        ),
    ),
    Store("tenants.Route", Purpose.DELIVERY, Basis.INSTRUCTION, Kept.WHILE_USED, (Impersonal("host", "a server"),)),
    Store(
        "tenants.Branding",
        Purpose.CONTRACT,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Impersonal("public_id", "random"),
            Impersonal("name", "of an organisation"),
            Impersonal("colour", "a colour"),
            Personal("contact", Holds.WORDS, Whose.MEMBER, Erasing.UNNAMED),
            Impersonal("logo", "of an organisation"),
        ),
    ),
    Store(
        "tenants.OldServer",
        Purpose.OPERATION,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (Impersonal("host", "a server"), Personal("said", Holds.WORDS, Whose.USER, Erasing.UNNAMED)),
    ),
    Store(
        "tenants.ToldRoute",
        Purpose.OPERATION,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            Impersonal("node", "a machine of the provider"),
            Impersonal("host", "a server"),
            Impersonal("said", "what a server said up to MAIL, before anybody was named"),
        ),
    ),
    Store(
        "tenants.Address",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("local", "the beginning of `key`, and goes with it"),
            Personal("key", Holds.ADDRESS, Whose.USER, Erasing.SERVICE, _SERVED),
            Personal("name", Holds.BESIDE, Whose.USER, Erasing.ALONG, is_correctable=True),
        ),
    ),
)
