"""What keys of programs hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

PERSONAL_DATA = (
    Store(
        "programs.ApiKey",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Impersonal("name", "of a program"),
            Impersonal("begins", "the beginning of a random secret"),
            Impersonal("digest", "of a random secret"),
            Impersonal("scopes", "permissions"),
            Personal("made_by", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Impersonal("used_from", "where a program runs"),
        ),
    ),
    Store(
        "programs.KeptAnswer",
        Purpose.OPERATION,
        Basis.CONTRACT,
        Kept.SOON_OVER,
        (
            Impersonal("token", "a name that a program gave its request"),
            Impersonal("request", "a digest"),
            Personal(
                "body",
                Holds.SEALED,
                Whose.ANYBODY,
                Erasing.LAPSES,
                "sealed with what only the client's program has; gone after 24 hours",
            ),
        ),
    ),
)
