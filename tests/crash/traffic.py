"""What is sent in a crash run: message number n of a seed is the same for its sender, its next hop and its judge."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from dataclasses import dataclass

ONE, TWO = "one.example", "two.example"  # Two clients' domains.
WORLD = ("world.example", "abroad.example", "overseas.example")  # Everybody else's; one server has them all.
HELD = f"held@{TWO}"  # A recipient whose own list blocks `BLOCKED`.
BLOCKED = "blocked.example"
STRANGERS = "strangers.example"

# Local parts tell the next hop what to do: "taken3" is accepted, "slow3" at the second try, "never3" never.
TAKEN, SLOW, NEVER = "taken", "slow", "never"

_OWN_FIELD = re.compile(rb"(?:Received|Authentication-Results|X-Ecluse-[A-Za-z-]+):[^\n]*\n(?:[ \t][^\n]*\n)*")
_OWN_ID = re.compile(rb"X-Ecluse-Id: ([0-9a-f]{32})\r\n")
_TEST_ID = re.compile(rb"X-Test-Id: (\d+)\r\n")
_FINAL_RECIPIENT = re.compile(rb"\r\nFinal-Recipient: rfc822; (\S+)\r\n")


@dataclass(frozen=True, slots=True)
class Letter:
    """The envelope of one message, and which door it is handed in at."""

    number: int
    is_outbound: bool
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a message says about itself after it has passed through us."""

    number: int  # -1 when it is none of ours.
    own_id: str  # X-Ecluse-Id.
    digest: str  # SHA-256 of everything below the fields that we set on top.
    is_notice: bool = False
    told_about: tuple[str, ...] = ()  # The recipients that a notification names.


def letter(seed: int, number: int) -> Letter:
    dice = random.Random(f"letter/{seed}/{number}")
    is_outbound = dice.random() < 0.25
    kind = dice.choices(("plain", "slow", "never", "all-never", "all-slow", "held"), (60, 12, 12, 4, 6, 6))[0]
    if is_outbound:
        return Letter(number, True, f"m{number}@{dice.choice((ONE, TWO))}", _recipients(dice, kind, *WORLD))
    if kind == "held":
        return Letter(number, False, f"m{number}@{BLOCKED}", (*_recipients(dice, "plain", TWO), HELD))
    return Letter(number, False, f"m{number}@{STRANGERS}", _recipients(dice, kind, dice.choice((ONE, TWO))))


def _recipients(dice: random.Random, kind: str, *domains: str) -> tuple[str, ...]:
    locals_ = [f"{TAKEN}{n}" for n in range(dice.randint(1, 4))] if not kind.startswith("all-") else []
    unwilling = {"slow": SLOW, "all-slow": SLOW, "never": NEVER, "all-never": NEVER}.get(kind)
    locals_ += [f"{unwilling}{n}" for n in range(dice.randint(1, 2))] if unwilling else []
    return tuple(f"{local}@{dice.choice(domains)}" for local in locals_)


def octets(seed: int, number: int) -> bytes:
    """The content as its sender means it: dots at line starts, octets beyond ASCII, 1 kB to 2 MB."""
    dice = random.Random(f"octets/{seed}/{number}")
    size = dice.choices(
        (dice.randint(1_000, 20_000), dice.randint(20_000, 300_000), dice.randint(300_000, 2_000_000)), (70, 24, 6)
    )[0]
    noise = base64.encodebytes(dice.randbytes(size * 3 // 4)).replace(b"\n", b"\r\n").replace(b"\r\nA", b"\r\n.")
    body = b".\r\n..\r\n.dot\r\nL'\xc3\xa9cluse s'ouvre.\r\n\r\n" + noise
    head = (
        f"X-Test-Id: {number}\r\nReceived: from far by away; Wed, 25 Nov 2026 08:00:00 +0000\r\n"
        f"From: <{letter(seed, number).sender}>\r\nTo: <somebody@{ONE}>\r\nSubject: {number}\r\n"
        f"Date: Wed, 25 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{seed}.{number}@{STRANGERS}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return head.encode() + body


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def identify(content: bytes) -> Found:
    """Who a message is that comes out of us. Any octet on top that no field of ours explains changes the digest."""
    at = 0
    while own := _OWN_FIELD.match(content, at):
        at = own.end()
    test_id = _TEST_ID.match(content, at)
    own_id = _OWN_ID.search(content, 0, at)
    if test_id:
        return Found(int(test_id[1]), own_id[1].decode() if own_id else "", digest(content[at:]))
    within = _TEST_ID.search(content)
    told = tuple(found.decode() for found in _FINAL_RECIPIENT.findall(content))
    return Found(int(within[1]) if within else -1, "", "", is_notice=bool(within and told), told_about=told)


def number_of(address: str) -> int:
    """The message that a sender address was made for; -1 for any other."""
    found = re.fullmatch(r"m(\d+)@.*", address)
    return int(found[1]) if found else -1
