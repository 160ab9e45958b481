"""The order of SMTP commands as one table (RFC 5321 section 4.1.4)."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """How far a session has come."""

    CONNECTED = "connected"  # Greeted; the peer has not said its name.
    IDENTIFIED = "identified"  # HELO or EHLO was accepted; no transaction is open.
    HAS_SENDER = "has-sender"
    HAS_RECIPIENT = "has-recipient"
    IN_CHUNKS = "in-chunks"  # A BDAT was taken, the last one has not come (RFC 3030).
    CLOSED = "closed"

    # An enumeration's own hash is computed in Python; members are singletons, and this table is read for each command.
    __hash__ = object.__hash__


IN_TRANSACTION = frozenset({State.HAS_SENDER, State.HAS_RECIPIENT, State.IN_CHUNKS})
_OPEN = (State.CONNECTED, State.IDENTIFIED, *sorted(IN_TRANSACTION, key=lambda state: state.value))

# (state, command) -> the state once the command has succeeded. A pair that is not here is answered 503.
# "BDAT LAST" is the BDAT that ends a message.
NEXT_STATE: dict[tuple[State, str], State] = {
    (State.IDENTIFIED, "MAIL"): State.HAS_SENDER,
    (State.HAS_SENDER, "RCPT"): State.HAS_RECIPIENT,
    (State.HAS_RECIPIENT, "RCPT"): State.HAS_RECIPIENT,
    (State.HAS_RECIPIENT, "DATA"): State.IDENTIFIED,
    (State.HAS_RECIPIENT, "BDAT"): State.IN_CHUNKS,
    (State.HAS_RECIPIENT, "BDAT LAST"): State.IDENTIFIED,
    (State.IN_CHUNKS, "BDAT"): State.IN_CHUNKS,
    (State.IN_CHUNKS, "BDAT LAST"): State.IDENTIFIED,
    (State.IDENTIFIED, "AUTH"): State.IDENTIFIED,
    # RFC 3207 section 4.2: after the handshake nothing that was said before it counts.
    (State.IDENTIFIED, "STARTTLS"): State.CONNECTED,
    (State.CONNECTED, "XCLIENT"): State.CONNECTED,
    (State.IDENTIFIED, "XCLIENT"): State.CONNECTED,
    (State.CONNECTED, "RSET"): State.CONNECTED,
    (State.IDENTIFIED, "RSET"): State.IDENTIFIED,
    **{(state, "RSET"): State.IDENTIFIED for state in IN_TRANSACTION},
    **{(state, verb): State.IDENTIFIED for state in _OPEN for verb in ("HELO", "EHLO")},
    **{(state, verb): state for state in _OPEN for verb in ("NOOP", "HELP", "VRFY")},
    **{(state, "QUIT"): State.CLOSED for state in _OPEN},
}
