"""Registered domains that readers take for others."""

from __future__ import annotations

from collections.abc import Iterator

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


def originals(domain: str) -> Iterator[str]:
    """The registered domains that this one is easily taken for, one change each, `MAX_ORIGINALS` at most."""
    label, _, suffix = domain.partition(".")
    seen = {domain}
    for candidate in _originals(label, suffix):
        if candidate not in seen and len(seen) <= MAX_ORIGINALS:
            seen.add(candidate)
            yield candidate


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


def is_taken_for(domain: str, ours: str) -> bool:
    """Whether a reader who knows `ours` takes the other for it: both read the same, or differ by one slip."""
    if domain == ours:
        return False
    return ours in originals(domain) or _read(domain) == _read(ours)


def _read(domain: str) -> str:
    """How the domain looks at a glance."""
    label, _, suffix = domain.partition(".")
    if len(label) < MIN_LETTERS:
        return domain
    for seen, original in _READ_AS[:7]:
        label = label.replace(seen, original)
    return f"{label.replace('-', '')}.{suffix}"
