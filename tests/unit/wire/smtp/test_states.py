"""The table of states, and a session that follows it in every pair."""

from __future__ import annotations

import pytest

from ecluse.wire.smtp.server_options import ServerOptions
from ecluse.wire.smtp.states import NEXT_STATE, State
from tests.dialogs.player import Application

WAY = {
    State.CONNECTED: b"",
    State.IDENTIFIED: b"EHLO a.example\r\n",
    State.HAS_SENDER: b"EHLO a.example\r\nMAIL FROM:<>\r\n",
    State.HAS_RECIPIENT: b"EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<ann@one.example>\r\n",
    State.IN_CHUNKS: b"EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<ann@one.example>\r\nBDAT 1\r\nx",
}
COMMANDS = {
    "HELO": b"HELO a.example\r\n",
    "EHLO": b"EHLO a.example\r\n",
    "AUTH": b"AUTH PLAIN AA==\r\n",
    "MAIL": b"MAIL FROM:<>\r\n",
    "RCPT": b"RCPT TO:<bob@one.example>\r\n",
    "DATA": b"DATA\r\nx\r\n.\r\n",
    "BDAT": b"BDAT 1\r\nx",
    "BDAT LAST": b"BDAT 1 LAST\r\nx",
    "STARTTLS": b"STARTTLS\r\n",
    "XCLIENT": b"XCLIENT ADDR=192.0.2.1\r\n",
    "RSET": b"RSET\r\n",
    "NOOP": b"NOOP\r\n",
    "HELP": b"HELP\r\n",
    "VRFY": b"VRFY ann\r\n",
    "QUIT": b"QUIT\r\n",
}


def session_in(state, *, is_tls=False):
    options = ServerOptions("gateway.test", offers_starttls=True, offers_xclient=True, mechanisms=("PLAIN",))
    application = Application(options, is_tls=is_tls)
    application.say(WAY[state])
    application.sent = b""
    assert application.session._state is state
    return application


@pytest.mark.parametrize("verb", COMMANDS)
@pytest.mark.parametrize("state", WAY)
def test_every_pair_advances_as_the_table_says_or_is_refused(state, verb):
    application = session_in(state, is_tls=verb == "AUTH")
    application.say(COMMANDS[verb].split(b"\r\n")[0] + b"\r\n" if verb == "DATA" else COMMANDS[verb])
    is_allowed = (state, verb) in NEXT_STATE
    assert application.sent.startswith(b"503 5.5.1 ") == (not is_allowed)
    if verb == "DATA" and is_allowed:
        application.say(b"x\r\n.\r\n")
    if verb == "STARTTLS" and is_allowed:
        application.session.tls_started()
    assert application.session._state is NEXT_STATE.get((state, verb), state)


def test_the_table_knows_every_command_and_no_other():
    assert {verb for _, verb in NEXT_STATE} == set(COMMANDS)


def test_every_state_can_be_reached_and_left():
    assert set(NEXT_STATE.values()) == set(State)
    assert {state for state, _ in NEXT_STATE} == set(State) - {State.CLOSED}
