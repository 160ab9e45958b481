"""What a domain may be a slip of: for look-ups of names that are remembered under hashes only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

MAX_ORIGINALS = 60
MIN_LETTERS = 5  # Of the first label: shorter ones resemble each other by chance.

# What is read as what, in both fonts and haste; the first is what swindlers register.
_READ_AS = (
    ("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"), ("0", "o"), ("1", "l"), ("1", "i"), ("l", "i"), ("i", "l"),
    ("5", "s"), ("3", "e"), ("4", "a"), ("8", "b"), ("6", "b"), ("9", "g"), ("q", "g"), ("u", "v"), ("v", "u"), ("-", ""),
)  # fmt: skip
# Country codes that a finger slips to.
_SLIPS = {"co": ("com",), "cm": ("com",), "om": ("com",), "con": ("com",), "corn": ("com",), "fr-fr": ("fr",)}
_AFFIXES = frozenset(
    [
        "billing",
        "client",
        "clients",
        "compta",
        "contact",
        "facturation",
        "facture",
        "finance",
        "france",
        "fr",
        "group",
        "groupe",
        "holding",
        "info",
        "inc",
        "invoice",
        "invoices",
        "ltd",
        "mail",
        "online",
        "paiement",
        "pay",
        "payment",
        "payments",
        "sarl",
        "sas",
        "secure",
        "securite",
        "security",
        "service",
        "support",
    ]
)


@lru_cache(4_096)
def originals(domain: str) -> tuple[str, ...]:
    """The registered domains that this one is easily taken for, one change each, `MAX_ORIGINALS` at most."""
    label, _, suffix = domain.partition(".")
    found = dict.fromkeys(islice(_originals(label, suffix), 4 * MAX_ORIGINALS))
    found.pop(domain, None)
    return tuple(found)[:MAX_ORIGINALS]


def _originals(label: str, suffix: str) -> Iterator[str]:
    for other in _SLIPS.get(suffix, ()):
        yield f"{label}.{other}"
    if len(label) < MIN_LETTERS:
        return
    first, _, last = label.rpartition("-")
    if last in _AFFIXES and len(first) >= MIN_LETTERS:
        yield f"{first}.{suffix}"
    for read, original in _READ_AS:
        for at in range(len(label)):
            if label.startswith(read, at):
                yield f"{label[:at]}{original}{label[at + len(read) :]}.{suffix}"
    for at in range(1, len(label)):
        if label[at] == label[at - 1]:
            yield f"{label[:at]}{label[at + 1 :]}.{suffix}"
        else:
            # Two letters that changed places.
            yield f"{label[: at - 1]}{label[at]}{label[at - 1]}{label[at + 1 :]}.{suffix}"
