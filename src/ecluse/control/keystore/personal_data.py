"""Keys of clients say nothing of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Impersonal, Kept, Purpose, Store

PERSONAL_DATA = (
    Store(
        "keystore.SealingKey",
        Purpose.QUARANTINE,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("key_id", "of a key of an organisation"),
            Impersonal("public_key", "of an organisation"),
            Impersonal("private_key", "of an organisation; what was sealed to it is lost with it"),
        ),
    ),
)
