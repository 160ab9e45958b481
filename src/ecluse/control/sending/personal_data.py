"""What connectors hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_ACCESS = "the client's own access to outbound mail: it goes when the client removes the connector"

PERSONAL_DATA = (
    Store(
        "sending.Connector",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("name", "of a way in, in the words of who made it"),
            Personal("login", Holds.ADDRESS, Whose.USER, Erasing.KEPT, _ACCESS),
            Personal("terms", Holds.PLAIN, Whose.USER, Erasing.KEPT, _ACCESS),
            Personal("made_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
        ),
    ),
)
