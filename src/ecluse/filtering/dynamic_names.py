"""Whether a host name looks like one of thousands that a provider gives to its subscribers' lines."""

from __future__ import annotations

import re
from ipaddress import ip_address

MAX_CHARACTERS = 253
# Words of such names in the languages of large providers, as whole labels or parts of them between digits and dashes.
_WORDS = re.compile(
    r"(?:^|[.\d_-])(?:dyn(?:amic)?|dhcp|dial(?:up|in)?|(?:[avsx]|vd)?dsl|cable|ppp(?:oe)?|pool|broadband|dip|cust(?:omer)?"
    r"|client|ftth|fbx|wimax|lte|umts|mobile|res(?:idential)?|catv|hsd|abo|wanadoo|dsl\w{0,8}|ip\d+|nat|user|subs?)"
    r"(?=[.\d_-])"
)
# A server's name may hold its address too; these words say that somebody meant it to be one.
_STATIC = re.compile(
    r"(?:^|[.\d_-])(?:static|mail\d*|mx\d*|smtp\d*|relay\d*|out(?:bound)?\d*|mta\d*|srv\d*|server\d*)(?=[.\d_-])"
)


def looks_dynamic(name: str, ip: str) -> bool:
    """A name of the address that spells the address out and does not say that a mail server stands there.

    Two marks are needed: the address in the name, and either a word of the trade ("dsl", "dyn") or the whole address.
    """
    name = f"{name[:MAX_CHARACTERS].lower()}."
    if _STATIC.search(name):
        return False
    spelled = _spelled_octets(name, ip)
    return spelled >= 4 or (spelled >= 2 and _WORDS.search(name) is not None)


def _spelled_octets(name: str, ip: str) -> int:
    """How much of the address stands in the name: 4 = all of it, in decimal or hexadecimal; 2 = the last half."""
    address = ip_address(ip)
    if address.version == 6:
        digits = address.exploded.replace(":", "")
        compact = re.sub(r"[^0-9a-f]", "", name)
        return 4 if digits in compact else 2 if digits[-16:] in compact else 0
    octets = str(address).split(".")
    if address.packed.hex() in name:
        return 4
    numbers = [number.lstrip("0") or "0" for number in re.findall(r"\d{1,3}", name)]
    padded = "".join(f"{int(octet):03d}" for octet in octets)
    if padded in name:
        return 4
    for size in (4, 3, 2):
        wanted = octets[4 - size :]
        if any(_stands_in(numbers, order) for order in (wanted, wanted[::-1])):
            return size
    return 0


def _stands_in(numbers: list[str], wanted: list[str]) -> bool:
    size = len(wanted)
    return any(numbers[start : start + size] == wanted for start in range(len(numbers) - size + 1))
