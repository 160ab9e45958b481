"""What it saves a client's inbound mail that the gateway knows to whom his users write.

    .venv/bin/python bench/correspondents.py INDEX

INDEX is that of an unpacked corpus of **../shared** in which people answer each other (list_linux_raid/index/full). Each of the
domains that wrote most in it plays a client, one after the other, in the order of the index: what its people write is its
outbound mail, and whoever is in To or Cc of it a correspondent from then on; what others write to its people is its inbound
mail. A list's own addresses are nobody's. The score is the classifier's alone, told the truth a thousand messages late; it begins
with nothing, since what is shipped was fitted on this corpus. Of a correspondent it is `CORRESPONDENT` less, as if
SPF, DKIM and DMARC proved him: the DNS of those years is gone. All spam of the corpus is held against it.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ecluse.domain.content import MemoryContent
from ecluse.entrypoints.evaluation.index import Entry, read_index
from ecluse.entrypoints.evaluation.own_filter import OwnFilter
from ecluse.filtering.free_mail import is_free_mail
from ecluse.filtering.fusion import points
from ecluse.filtering.identities import registered
from ecluse.filtering.learning.prior import Prior, PriorWeights
from ecluse.filtering.learning.protocol import Feedback, When
from ecluse.filtering.learning.protocol import play as play_stream
from ecluse.filtering.meanings import MEANINGS
from ecluse.wire.mime.addresses import parse_addresses
from ecluse.wire.mime.fields import HeaderSection, split_head

CLIENTS = 20  # The domains that wrote most.
LISTS = ("vger.kernel.org", "lists.", "kernel.org")  # Where a domain begins so, or is it, addresses are a list's.
BANDS = (0.0, 3.0, 6.0, 15.0)  # Points; 6 are unclear, 15 refuse.
LOSSES = (0.01, 0.001, 0.0001)
DELAY = 1_000  # Messages until the truth is told.


@dataclass(frozen=True, slots=True)
class Header:
    """Who wrote to whom; addresses in lower case."""

    entry: Entry
    author: str
    recipients: frozenset[str]


@dataclass(slots=True)
class Client:
    """One domain, and what has come of it."""

    written_to: set[str] = field(default_factory=set)
    letters: int = 0
    known: list[Header] = field(default_factory=list)  # Inbound mail of correspondents.
    unknown: list[Header] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    asked = parser.parse_args()
    headers = list(read_headers(asked.index))
    clients = play(headers, most_busy(headers))
    show_shares(clients)
    show_scores(clients, opinions(asked.index), [one for one in read_index(asked.index) if one.is_spam])


def read_headers(index: Path) -> Iterator[Header]:
    for entry in read_index(index):
        section = split_head(MemoryContent(entry.read()))
        authors = addresses(section, b"from")
        if authors:
            yield Header(entry, authors[0], frozenset([*addresses(section, b"to"), *addresses(section, b"cc")]))


def addresses(section: HeaderSection, name: bytes) -> list[str]:
    fields = (field for field in section.all(name)[:1])
    found = (
        f"{each.local}@{each.domain}".casefold() for one in fields for each in parse_addresses(one.value).addresses
    )
    return [one for one in found if not domain_of(one).startswith(LISTS)]


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def most_busy(headers: list[Header]) -> list[str]:
    written = Counter(registered(domain_of(one.author)) for one in headers if not one.entry.is_spam)
    return [name for name, _ in written.most_common() if name and not is_free_mail(name)][:CLIENTS]


def play(headers: list[Header], names: list[str]) -> dict[str, Client]:
    clients: dict[str, Client] = defaultdict(Client)
    for one in headers:
        at_home = registered(domain_of(one.author))
        if at_home in names and not one.entry.is_spam:
            clients[at_home].letters += 1
            clients[at_home].written_to |= one.recipients
        reached = {registered(domain_of(each)) for each in one.recipients} - {at_home}
        for name in reached.intersection(names):
            client = clients[name]
            (client.known if one.author in client.written_to else client.unknown).append(one)
    return clients


def show_shares(clients: dict[str, Client]) -> None:
    letters = sum(client.letters for client in clients.values())
    print(f"{len(clients)} clients, {letters} letters of theirs")
    for is_spam, what in ((False, "ham"), (True, "spam")):
        known, unknown = (len(some) for some in of_class(clients, is_spam=is_spam))
        share = 100 * known / max(1, known + unknown)
        print(f"inbound {what}: {known + unknown}, of correspondents {known} ({share:.1f} %)")
    settled = [client for client in clients.values() if client.letters >= 100]
    known = sum(len(client.known) for client in settled)
    whole = known + sum(len(client.unknown) for client in settled)
    print(f"of the {len(settled)} clients with 100 letters or more: {100 * known / max(1, whole):.1f} %")


def of_class(clients: dict[str, Client], *, is_spam: bool) -> tuple[list[Header], list[Header]]:
    """Mail of correspondents, and of others."""
    known = [one for client in clients.values() for one in client.known if one.entry.is_spam == is_spam]
    unknown = [one for client in clients.values() for one in client.unknown if one.entry.is_spam == is_spam]
    return known, unknown


def opinions(index: Path) -> dict[str, float]:
    """By the message's name in the index: what the classifier thinks of it, in points, when it has heard of all that came before."""
    entries = read_index(index)
    stream = ((entry, entry.is_spam) for entry in entries)
    # What is shipped was fitted on this corpus, too.
    nothing = Prior(PriorWeights(made="", command="", corpora={}, words={"nothing": 0.0}, facts={}, everywhere=0.0))
    scores = play_stream(OwnFilter(prior=nothing), stream, Feedback(When.DELAYED, delay=DELAY))
    return {
        entry.name: points(score, number) for number, (entry, score) in enumerate(zip(entries, scores, strict=True))
    }


def show_scores(clients: dict[str, Client], opinion: dict[str, float], spam: list[Entry]) -> None:
    gain = MEANINGS["CORRESPONDENT"].weight
    known, unknown = ([opinion[one.entry.name] for one in some] for some in of_class(clients, is_spam=False))
    bad = [opinion[one.name] for one in spam]
    for what, ham in (
        ("without", [*known, *unknown]),
        ("with correspondents", [*(each + gain for each in known), *unknown]),
    ):
        print(f"{what}: " + "; ".join(missed(ham, bad, loss) for loss in LOSSES))
        print(f"  ham at or above {', '.join(f'{band:g}: {sum(each >= band for each in ham)}' for band in BANDS)}")


def missed(ham: list[float], spam: list[float], loss: float) -> str:
    """Of spam, below the threshold that so large a share of ham reaches."""
    bar = sorted(ham, reverse=True)[int(len(ham) * loss)]
    return f"{100 * sum(each <= bar for each in spam) / len(spam):.1f} % of spam pass at {100 * loss:g} % ham loss ({bar:.1f} points)"


if __name__ == "__main__":
    main()
