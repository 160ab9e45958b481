"""The receiving side of SMTP without I/O: octets in, events out; answers in, octets out (RFC 5321)."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import ClassVar

from ecluse.domain.envelope import Recipient
from ecluse.domain.reply import Reply
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.data import Newlines
from ecluse.wire.smtp.events import (
    AuthBegins,
    AuthResponse,
    ClientIdentified,
    Closing,
    ContentBegins,
    ContentDropped,
    ContentEnds,
    Event,
    Hello,
    MailBegins,
    RecipientNamed,
    TlsAsked,
    TransactionReset,
)
from ecluse.wire.smtp.grammar import Command, SyntaxTrouble, parse_command
from ecluse.wire.smtp.inbuffer import InputBuffer
from ecluse.wire.smtp.intake import Intake
from ecluse.wire.smtp.parameters import read_mail_parameters, read_rcpt_parameters
from ecluse.wire.smtp.server_options import ServerOptions, ehlo_answer
from ecluse.wire.smtp.states import IN_TRANSACTION, NEXT_STATE, State
from ecluse.wire.smtp.xclient import parse_xclient

_NOT_OFFERED = frozenset({"AUTH", "ETRN", "EXPN", "SAML", "SEND", "SOML", "STARTTLS", "TURN", "XCLIENT"})
# A browser that was talked into speaking to us sends commands in its body: nothing of it may be obeyed.
_OTHER_PROTOCOLS = frozenset({"CONNECT", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_IDLE_VERBS = frozenset({"EHLO", "HELO", "HELP", "NOOP", "RSET", "VRFY"})


class _Reading(Enum):
    """What the next octets are."""

    NOTHING_YET = "nothing-yet"  # They wait for our greeting.
    COMMAND = "command"
    RESPONSE = "response"  # To a challenge of AUTH.
    CONTENT = "content"
    CHUNK = "chunk"
    STRAY_CHUNK = "stray-chunk"  # The octets of a BDAT that was refused as such.
    NOTHING = "nothing"  # They are thrown away: a TLS handshake comes, or the end.

    __hash__ = object.__hash__  # As in `State`.


class ReceivingSession:
    """One SMTP session as a server sees it.

    Feed octets, take events until `next_event` gives None, answer those that ask, send what `take_output` gives.
    No command is looked at before the last event was answered; what is fed meanwhile is kept, so stop reading.
    """

    def __init__(self, options: ServerOptions, *, is_tls: bool = False) -> None:
        """`is_tls`: the handshake came before the greeting (RFC 8314)."""
        self._options = options
        self._reading = _Reading.NOTHING_YET
        self._input = InputBuffer(options.max_command_octets)
        self._state = State.CONNECTED
        self._events: deque[Event] = deque()
        self._asked: Event | None = None
        self._output: list[bytes] = []
        self._errors = 0
        self._idle_commands = 0
        self._transactions = 0
        self._refused_in_session = 0
        self._failed_logins = 0
        self._is_tls = is_tls
        self._begin_anew()
        self._open_intake("DATA")

    @property
    def helo(self) -> str:
        """The name the peer gave; "" before it did."""
        return self._helo

    @property
    def is_esmtp(self) -> bool:
        """Whether it gave it with EHLO."""
        return self._is_esmtp

    @property
    def is_tls(self) -> bool:
        """Whether we speak inside TLS."""
        return self._is_tls

    @property
    def awaits_answer(self) -> bool:
        """Whether the event given out last still asks."""
        return self._asked is not None

    @property
    def errors(self) -> int:
        """Commands that the engine refused by itself."""
        return self._errors

    @property
    def is_in_content(self) -> bool:
        """Whether the next octets belong to a message."""
        return self._reading in (_Reading.CONTENT, _Reading.CHUNK)

    @property
    def content_octets(self) -> int:
        """Octets of the message that have come so far, those that were dropped included."""
        return self._intake.raw_octets

    @property
    def unread_octets(self) -> int:
        """Octets fed and not looked at yet, because an answer is awaited."""
        return len(self._input)

    def greet(self) -> None:
        """Greet; what came before is read now."""
        self._say(Reply(220, "", f"{self._options.hostname} ESMTP Ecluse"))
        self._reading = _Reading.COMMAND

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        if self._reading is not _Reading.NOTHING:
            self._input.feed(data)

    def next_event(self) -> Event | None:
        """The next thing that happened; None: more octets are needed, an answer is awaited, or all is over."""
        while not self._events and self._asked is None and self._STEPS[self._reading](self):
            pass
        if not self._events:
            return None
        event = self._events.popleft()
        if type(event) in self._ANSWERS:
            self._asked = event
        return event

    def answer(self, reply: Reply) -> None:
        """Answer the event that asked; 421 ends the session. Too late when we have hung up: it is not said."""
        if self._state is State.CLOSED:
            return
        asked, self._asked = self._asked, None
        if asked is None:
            raise RuntimeError("nothing was asked")
        if reply.code == 421:
            self.hang_up(reply)
        else:
            self._ANSWERS[type(asked)](self, asked, reply)

    def mend_newlines(self) -> None:
        """Make bare CR and LF of the message that begins CRLF instead of refusing them; for it alone."""
        self._intake = Intake(self._options.max_message_bytes, Newlines.MEND)

    def take_output(self) -> bytes:
        """What is to be sent now."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    def tls_started(self) -> None:
        """Begin anew inside TLS (RFC 3207 section 4.2), unless we have hung up meanwhile."""
        if self._state is State.CLOSED:
            return
        self._advance("STARTTLS")
        self._begin_anew()
        self._is_tls = True
        self._reading = _Reading.COMMAND

    def hang_up(self, reply: Reply) -> None:
        """End the session with this reply, whatever is going on: silence, shutdown, too many connections."""
        self._say(reply)
        self._close()

    # Reading: each step does one thing and says whether another may be possible.

    def _wait(self) -> bool:
        return False

    def _read_command(self) -> bool:
        try:
            line = self._input.take_line()
            if line is None:
                return False
            command = parse_command(line, limits=self._options.path_limits, allows_utf8=self._allows_utf8)
            self._execute(command)
        except SyntaxTrouble as trouble:
            self._refuse(trouble.reply)
            if trouble.reply is replies.BDAT_SYNTAX:
                # Nobody knows where its chunk ends, and message content must not be read as commands.
                self._close()
        return True

    def _read_response(self) -> bool:
        try:
            line = self._input.take_line()
        except SyntaxTrouble:
            self._reading = _Reading.COMMAND
            self._refuse(replies.AUTH_TOO_LONG)
            return True
        if line is None:
            return False
        self._reading = _Reading.COMMAND
        octets = None if line == b"*" else _decoded(line)
        if octets is None:
            self._refuse(replies.AUTH_CANCELLED if line == b"*" else replies.AUTH_SYNTAX)
        else:
            self._events.append(AuthResponse(octets))
        return True

    def _read_content(self) -> bool:
        piece = self._input.take_all()
        if not piece:
            return False
        event, rest = self._intake.read_data(piece)
        self._input.feed(rest or b"")
        self._pass_on(event)
        if rest is not None and self._reading is _Reading.CONTENT:
            self._end_content()
        return True

    def _read_chunk(self) -> bool:
        piece = self._take_of_chunk()
        if piece:
            self._pass_on(self._intake.read_chunk(piece))
        if self._chunk_left or self._reading is not _Reading.CHUNK:
            return bool(piece)
        if self._is_last_chunk:
            self._pass_on(self._intake.end_chunks())
        if self._is_last_chunk or self._intake.trouble:
            self._end_content()
        else:
            self._advance("BDAT")
            self._reading = _Reading.COMMAND
            self._say(Reply(250, "0.0", f"{self._intake.size} octets received"))
        return True

    def _skip_stray_chunk(self) -> bool:
        piece = self._take_of_chunk()
        if self._chunk_left:
            return bool(piece)
        self._reading = _Reading.COMMAND
        self._refuse(self._bad_sequence())
        return True

    def _take_of_chunk(self) -> bytes:
        piece = self._input.take(self._chunk_left)
        self._chunk_left -= len(piece)
        return piece

    def _pass_on(self, event: Event | None) -> None:
        if event is not None:
            self._events.append(event)
        if self._intake.is_flood:
            self.hang_up(self._intake.trouble or replies.TOO_LARGE)

    def _end_content(self) -> None:
        self._reading = _Reading.COMMAND
        if self._intake.trouble:
            self._end_transaction(self._intake.trouble)
        else:
            self._events.append(ContentEnds(self._intake.size))

    # Commands.

    def _execute(self, command: Command) -> None:
        verb = command.verb
        act = self._ACTIONS.get(verb)
        if act is None or not self._options.offers(verb, is_tls=self._is_tls):
            self._refuse_verb(verb)
        elif verb in _IDLE_VERBS and self._has_idled_too_long():
            self.hang_up(replies.TOO_MANY_ERRORS)
        elif (self._state, verb) in NEXT_STATE or verb == "BDAT":
            act(self, command)
        else:
            self._refuse(self._bad_sequence())

    def _refuse_verb(self, verb: str) -> None:
        if verb in _OTHER_PROTOCOLS:
            self.hang_up(replies.NOT_SMTP)
        else:
            self._refuse(replies.UNSUPPORTED_COMMAND if verb in _NOT_OFFERED else replies.UNKNOWN_COMMAND)

    def _has_idled_too_long(self) -> bool:
        self._idle_commands += 1
        return self._idle_commands > self._options.max_idle_commands

    def _bad_sequence(self) -> Reply:
        # RFC 5321 section 3.3 leaves the choice between 503 and 554 when all recipients were refused.
        has_refused_all = self._state is State.HAS_SENDER and self._refused > 0
        return replies.NO_VALID_RECIPIENTS if has_refused_all else replies.BAD_SEQUENCE

    def _on_hello(self, command: Command) -> None:
        self._abandon_transaction()
        self._advance(command.verb)
        self._helo = command.argument
        self._is_esmtp = command.verb == "EHLO"
        if self._is_esmtp:
            self._output.append(ehlo_answer(self._options, is_tls=self._is_tls))
        else:
            self._say(Reply(250, "", self._options.hostname))
        self._events.append(Hello(self._helo, self._is_esmtp))

    def _on_auth(self, command: Command) -> None:
        mechanism, has_initial, text = command.argument.partition(" ")
        initial = _decoded(b"" if text == "=" else text.encode()) if has_initial else None
        if not self._is_tls:
            self._refuse(replies.TLS_FIRST)
        elif not self._is_esmtp or self._is_logged_in:
            self._refuse(replies.BAD_SEQUENCE)
        elif mechanism.upper() not in self._options.mechanisms:
            self._refuse(replies.UNKNOWN_MECHANISM)
        elif has_initial and initial is None:
            self._refuse(replies.AUTH_SYNTAX)
        else:
            self._events.append(AuthBegins(mechanism.upper(), initial))

    def _on_mail(self, command: Command) -> None:
        said = read_mail_parameters(
            command.parameters,
            is_esmtp=self._is_esmtp,
            offers_dsn=self._options.offers_dsn,
            offers_auth=bool(self._options.mechanisms) and self._is_tls,
        )
        self._transactions += 1
        self._idle_commands = 0
        if self._transactions > self._options.max_transactions:
            self.hang_up(replies.TOO_MANY_TRANSACTIONS)
        elif said.declared_size > self._options.max_message_bytes:
            self._say(replies.TOO_LARGE)
        else:
            sender = command.path.address if command.path else None
            self._events.append(MailBegins(sender, said.declared_size, said.body, said.smtputf8, said.ret, said.envid))

    def _on_rcpt(self, command: Command) -> None:
        said = read_rcpt_parameters(
            command.parameters,
            is_esmtp=self._is_esmtp,
            offers_dsn=self._options.offers_dsn,
            allows_utf8=self._allows_utf8,
        )
        address = command.path.address if command.path else None
        if address is None:
            self._refuse(replies.BAD_RECIPIENT)
        elif self._recipients >= self._options.max_recipients:
            self._say(replies.TOO_MANY_RECIPIENTS)
        else:
            self._events.append(RecipientNamed(Recipient(address, said.notify, said.orcpt)))

    def _on_data(self, _command: Command) -> None:
        self._open_intake("DATA")
        self._events.append(ContentBegins())

    def _on_bdat(self, command: Command) -> None:
        size, _, last = command.argument.partition(" ")
        self._chunk_left, self._is_last_chunk = int(size), bool(last)
        if self._chunk_left > 2 * self._options.max_message_bytes:
            self.hang_up(replies.TOO_LARGE)
            return
        if (self._state, "BDAT") not in NEXT_STATE:
            self._reading = _Reading.STRAY_CHUNK
            return
        is_first = self._state is State.HAS_RECIPIENT
        if is_first:
            self._open_intake("BDAT LAST")
        self._reading = _Reading.CHUNK
        if dropped := self._intake.announce(self._chunk_left):
            self._events.append(dropped)
        elif is_first:
            self._events.append(ContentBegins())

    def _on_starttls(self, _command: Command) -> None:
        self._say(replies.READY_FOR_TLS)
        # What came in the clear behind it must not be obeyed inside TLS (RFC 3207 section 4.2, CVE-2011-0411).
        self._discard_input()
        self._events.append(TlsAsked())

    def _on_xclient(self, command: Command) -> None:
        attributes = parse_xclient(command.argument)
        self._advance(command.verb)
        self._begin_anew()
        self.greet()
        self._events.append(ClientIdentified(attributes))

    def _on_rset(self, command: Command) -> None:
        self._abandon_transaction()
        self._advance(command.verb)
        self._say(replies.RESET)

    def _on_noop(self, _command: Command) -> None:
        self._say(replies.OK)

    def _on_vrfy(self, _command: Command) -> None:
        self._say(replies.CANNOT_VERIFY)

    def _on_help(self, command: Command) -> None:
        is_known = not command.argument or command.argument.upper() in self._ACTIONS
        self._say(replies.HELP if is_known else replies.UNKNOWN_HELP_TOPIC)

    def _on_quit(self, _command: Command) -> None:
        if self._state is State.IN_CHUNKS:
            self._events.append(ContentDropped())
        self.hang_up(replies.BYE)

    # Answers of the application.

    def _answer_login(self, _asked: Event, reply: Reply) -> None:
        self._failed_logins += reply.is_permanent
        if self._failed_logins > self._options.max_failed_logins:
            self.hang_up(replies.TOO_MANY_ERRORS)
            return
        self._say(reply)
        self._is_logged_in = reply.is_positive
        self._reading = _Reading.RESPONSE if reply.code == 334 else _Reading.COMMAND

    def _answer_mail(self, asked: Event, reply: Reply) -> None:
        self._say(reply)
        if reply.is_positive:
            self._advance("MAIL")
            self._allows_utf8 = isinstance(asked, MailBegins) and asked.smtputf8

    def _answer_recipient(self, _asked: Event, reply: Reply) -> None:
        self._say(reply)
        if reply.is_positive:
            self._recipients += 1
            self._advance("RCPT")
            return
        self._refused += 1
        self._refused_in_session += reply.is_permanent
        if self._refused_in_session > self._options.max_refused_recipients:
            self.hang_up(replies.TOO_MANY_ERRORS)

    def _answer_begin(self, _asked: Event, reply: Reply) -> None:
        is_welcome = reply.code < 400
        if self._reading is _Reading.CHUNK:
            # The chunk comes in any case; a refusal is said behind it.
            self._intake.trouble = None if is_welcome else reply
        elif is_welcome:
            self._reading = _Reading.CONTENT
            self._say(replies.START_INPUT)
        else:
            self._end_transaction(reply)

    def _answer_end(self, _asked: Event, reply: Reply) -> None:
        self._end_transaction(reply)

    # Changes of state.

    def _say(self, reply: Reply) -> None:
        self._output.append(reply.wire)

    def _refuse(self, reply: Reply) -> None:
        """Refuse a command; one too many ends the session."""
        self._errors += 1
        if self._errors > self._options.max_errors:
            self.hang_up(replies.TOO_MANY_ERRORS)
        else:
            self._say(reply)

    def _advance(self, verb: str) -> None:
        self._state = NEXT_STATE[self._state, verb]

    def _begin_anew(self) -> None:
        self._state = State.CONNECTED
        self._helo = ""
        self._is_esmtp = False
        self._is_logged_in = False
        self._forget_transaction()

    def _open_intake(self, verb: str) -> None:
        """`verb` is what ends the message in the table of states."""
        self._content_verb = verb
        self._intake = Intake(self._options.max_message_bytes, self._options.newlines)

    def _end_transaction(self, reply: Reply) -> None:
        self._say(reply)
        self._advance(self._content_verb)
        self._forget_transaction()

    def _abandon_transaction(self) -> None:
        if self._state is State.IN_CHUNKS:
            self._events.append(ContentDropped())
        if self._state in IN_TRANSACTION:
            self._events.append(TransactionReset())
            self._forget_transaction()

    def _forget_transaction(self) -> None:
        self._recipients = 0
        self._refused = 0
        self._allows_utf8 = False

    def _discard_input(self) -> None:
        self._input.clear()
        self._reading = _Reading.NOTHING

    def _close(self) -> None:
        if self._state is not State.CLOSED:
            self._state = State.CLOSED
            self._asked = None
            self._discard_input()
            asks_nothing = [event for event in self._events if type(event) not in self._ANSWERS]
            self._events = deque([*asks_nothing, Closing()])

    _STEPS: ClassVar[dict[_Reading, Callable[[ReceivingSession], bool]]] = {
        _Reading.NOTHING_YET: _wait,
        _Reading.COMMAND: _read_command,
        _Reading.RESPONSE: _read_response,
        _Reading.CONTENT: _read_content,
        _Reading.CHUNK: _read_chunk,
        _Reading.STRAY_CHUNK: _skip_stray_chunk,
        _Reading.NOTHING: _wait,
    }
    _ACTIONS: ClassVar[dict[str, Callable[[ReceivingSession, Command], None]]] = {
        "HELO": _on_hello,
        "EHLO": _on_hello,
        "AUTH": _on_auth,
        "MAIL": _on_mail,
        "RCPT": _on_rcpt,
        "DATA": _on_data,
        "BDAT": _on_bdat,
        "STARTTLS": _on_starttls,
        "XCLIENT": _on_xclient,
        "RSET": _on_rset,
        "NOOP": _on_noop,
        "VRFY": _on_vrfy,
        "HELP": _on_help,
        "QUIT": _on_quit,
    }
    _ANSWERS: ClassVar[dict[type[Event], Callable[[ReceivingSession, Event, Reply], None]]] = {
        AuthBegins: _answer_login,
        AuthResponse: _answer_login,
        MailBegins: _answer_mail,
        RecipientNamed: _answer_recipient,
        ContentBegins: _answer_begin,
        ContentEnds: _answer_end,
    }


def _decoded(line: bytes) -> bytes | None:
    """What base64 says (RFC 4954 section 4); None where it is none."""
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        return None
