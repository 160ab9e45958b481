"""The sending servers of a crash run: many connections, unique messages, and a ledger of every answer.

Like a real sender each keeps a message until it is answered 2xx or 5xx, and sends it again after a while. No new
message is begun once standard input has ended.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.traffic import Letter, letter, octets

TIMEOUT_S = 40.0
RETRY_AFTER_S = 1.0
MAX_ATTEMPTS = 8
END_WITHIN_S = 25.0


@dataclass(slots=True)
class Attempt:
    """One transaction: what was answered to the message, "" for nothing, and the recipients it holds for."""

    answer: str = ""
    recipients: list[str] = field(default_factory=list)


class Dialog:
    """One connection to the gateway."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self._replies = self._socket.makefile("rb")
        try:
            self._expect("220")
            self._command(b"EHLO sender.example")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._replies.close()
            self._socket.close()

    def hear(self) -> str:
        """The last line of the next reply. Raises OSError when the gateway is gone."""
        while line := self._replies.readline():
            if line[3:4] != b"-" and line.endswith(b"\r\n"):
                return line.decode("utf-8", "replace").rstrip()
        raise ConnectionError("the gateway hung up")

    def say(self, command: bytes) -> None:
        self._socket.sendall(command)

    def _command(self, command: bytes) -> str:
        self.say(command + b"\r\n")
        return self.hear()

    def _expect(self, code: str) -> None:
        if not self.hear().startswith(code):
            raise ConnectionError("not welcome")

    def send(self, one: Letter, content: bytes, attempt: Attempt, dice: random.Random) -> None:
        """One transaction; `attempt` holds what has come of it also when this raises OSError."""
        refusal = self._envelope(one, len(content), attempt)
        if not attempt.recipients:
            attempt.answer = refusal
            self._command(b"RSET")
            return
        send = self._chunks if dice.random() < 0.3 else self._data
        attempt.answer = send(content, dice)

    def _envelope(self, one: Letter, size: int, attempt: Attempt) -> str:
        mail = f"MAIL FROM:<{one.sender}> SIZE={size} BODY=8BITMIME\r\n"
        self.say((mail + "".join(f"RCPT TO:<{recipient}>\r\n" for recipient in one.recipients)).encode())
        refusal = first = self.hear()
        for recipient in one.recipients:
            reply = self.hear()
            if reply.startswith("2") and first.startswith("2"):
                attempt.recipients.append(recipient)
            elif first.startswith("2"):
                refusal = reply
        return refusal

    def _data(self, content: bytes, dice: random.Random) -> str:
        reply = self._command(b"DATA")
        if not reply.startswith("354"):
            return reply
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        if dice.random() < 0.02:
            self.say(stuffed[: len(stuffed) // 2])
            raise ConnectionError("we leave in the middle of our own message")
        self.say(stuffed + b".\r\n")
        return self.hear()

    def _chunks(self, content: bytes, dice: random.Random) -> str:
        at, reply = 0, ""
        while at < len(content):
            chunk = content[at : at + dice.choice((1_000, 30_000, 500_000))]
            at += len(chunk)
            last = b" LAST" if at == len(content) else b""
            self.say(b"BDAT %d%s\r\n" % (len(chunk), last) + chunk)
            reply = self.hear()
            if not reply.startswith("250"):
                break
        return reply


class Sender(threading.Thread):
    """Numbers `first`, `first + step` ... in a thread of its own."""

    def __init__(self, first: int, options: argparse.Namespace, ending: threading.Event) -> None:
        super().__init__(name=f"sender-{first}")
        self._next, self._options, self._ending = first, options, ending
        self._dice = random.Random(f"sender/{options.seed}/{first}")
        self._ledger = os.open(options.folder / f"ledger-{first}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[tuple[float, int, int]] = []  # When, message, attempts so far.
        self._dialogs: dict[bool, Dialog | None] = {}

    def run(self) -> None:
        pause_s = self._options.senders / self._options.rate
        while not self._ending.is_set():
            began = time.monotonic()
            number, attempts = self._choose()
            self._attempt(number, attempts)
            self._ending.wait(max(0.0, pause_s - (time.monotonic() - began)))
        deadline = time.monotonic() + END_WITHIN_S
        while self._waiting and time.monotonic() < deadline:
            due, number, attempts = self._waiting.pop(0)
            time.sleep(max(0.0, due - time.monotonic()))
            self._attempt(number, attempts)

    def _choose(self) -> tuple[int, int]:
        if self._waiting and self._waiting[0][0] <= time.monotonic():
            return self._waiting.pop(0)[1:]
        self._next += self._options.senders
        return self._next - self._options.senders, 0

    def _attempt(self, number: int, attempts: int) -> None:
        one, content = letter(self._options.seed, number), octets(self._options.seed, number)
        attempt = Attempt()
        try:
            self._dialog(is_outbound=one.is_outbound).send(one, content, attempt, self._dice)
            is_over = attempt.answer.startswith("421") or self._dice.random() < 0.2
        except OSError:
            is_over = True
        if is_over:
            self._hang_up(is_outbound=one.is_outbound)
        self._write_down(number, attempt)
        is_open = attempt.answer[:1] not in ("2", "5")
        if is_open and attempts + 1 < MAX_ATTEMPTS:
            self._waiting.append((time.monotonic() + RETRY_AFTER_S, number, attempts + 1))

    def _dialog(self, *, is_outbound: bool) -> Dialog:
        known = self._dialogs.get(is_outbound)
        if known is None:
            known = Dialog(self._options.outbound if is_outbound else self._options.inbound)
            self._dialogs[is_outbound] = known
        return known

    def _hang_up(self, *, is_outbound: bool) -> None:
        known = self._dialogs.pop(is_outbound, None)
        if known is not None:
            known.close()

    def _write_down(self, number: int, attempt: Attempt) -> None:
        line = {"number": number, "at": time.time(), "answer": attempt.answer, "recipients": attempt.recipients}
        os.write(self._ledger, json.dumps(line).encode() + b"\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--inbound", type=int, required=True)
    parser.add_argument("--outbound", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--rate", type=float, default=25.0, help="messages a second, all senders together")
    options = parser.parse_args()
    ending = threading.Event()
    senders = [Sender(first, options, ending) for first in range(options.senders)]
    for sender in senders:
        sender.start()
    sys.stdin.read()
    ending.set()
    for sender in senders:
        sender.join()


if __name__ == "__main__":
    main()
