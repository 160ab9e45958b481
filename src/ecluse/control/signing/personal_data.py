"""Signing keys of domains and reports about them say nothing of people; the DNS may name whom reports go to."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

PERSONAL_DATA = (
    Store(
        "signing.SigningKey",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("selector", "a name of ours"),
            Impersonal("private_key", "of a domain"),
            Impersonal("record_text", "a public key"),
        ),
    ),
    Store(
        "signing.SendingRecord",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Personal(
                "texts",
                Holds.PLAIN,
                Whose.MEMBER,
                Erasing.LAPSES,
                "it stands in the public DNS, and goes from here within hours once it is gone from there",
            ),
        ),
    ),
    Store(
        "signing.DomainReport",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.MONTHS,
        (
            Impersonal("id", "a digest"),
            Impersonal("name", "of a domain"),
            Impersonal("proven", "a domain"),
            Impersonal("policy", "a word of a standard"),
        ),
    ),
    Store(
        "signing.ReportedSource",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.MONTHS,
        (Impersonal("source", "a server"), Impersonal("reason", "a word of a standard")),
    ),
)
