"""A client whose people send mail day by day, on a clock that a test turns."""

from __future__ import annotations

import copy
import itertools
import random
import shutil
from dataclasses import replace
from types import SimpleNamespace

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.domain.account import Account
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.event import Ending
from ecluse.domain.evidence import Evidence
from ecluse.domain.incoming import Direction
from ecluse.domain.peer import Peer
from ecluse.domain.sending import SendingTerms
from ecluse.filtering.collect import Served, Sources, Subject
from ecluse.filtering.collectors.links import links
from ecluse.filtering.collectors.sending import sending
from ecluse.mta.reception.emission_watch import EmissionWatch
from ecluse.mta.reception.remembering import sightings
from ecluse.mta.reception.sending_limits import SendingLimits
from tests.unit.filtering import samples
from tests.unit.filtering.memories import Memories

DAY_S, HOUR_S = 86_400.0, 3_600.0
MONDAY = 1_764_547_200.0  # 2025-12-01 00:00 UTC.
OFFICE, ABROAD = "203.0.113.7", "198.51.100.9"
WORDS = [f"{a}{b}{c}" for a, b, c in itertools.product(("ka", "le", "mi", "to", "ru", "so"), repeat=3)]
# What programs write above what people write: the house's own, and a thief's.
OFFICE_SUITE = (
    "From: {who}\r\nSubject: {subject}\r\nDate: x\r\nMessage-ID: <{number}@client.example>\r\nX-Mailer: Suite 16.0\r\n"
)
THIEVES = "Message-Id: <{number}@localhost>\r\nFrom: {who}\r\nDate: x\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
SPAM = (
    "congratulations you were chosen among all our customers to get a voucher of five hundred for the shop of your choice "
    "open the page below before midnight and tell us where we may send it or it goes to the next one on the list and "
    "remember that this offer is made only once to each customer so do not wait until tomorrow"
)


class House:
    """What a node knows of one client; `send` is one message through its limits."""

    def __init__(self, folder, seed=1):
        self.folder = folder
        self.memories = Memories()
        self.quotas = SqliteQuotas(folder / "quotas.sqlite", b"salt")
        self.locks = LmdbLocks(folder / "locks")
        self.limits = SendingLimits(self.locks, self.quotas, SendingTerms(), EmissionWatch(self.locks, self.quotas))
        self.random = random.Random(seed)
        self.now = MONDAY
        policies = SimpleNamespace(domain=lambda name: samples.POLICY if name == "client.example" else None)
        self._sources = Sources(policies, None, "gateway.test", counters=self.memories)
        self._numbers, self._ids = itertools.count(), itertools.count()

    def close(self):
        self.quotas.close()
        close_all()

    def again(self, folder):
        """The same house, which was closed, as it stood then: weeks need not be lived through for each test."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        other = House(folder)
        other.memories.kept.update(self.memories.kept)
        other.random.setstate(self.random.getstate())
        other.now, other._numbers, other._ids = self.now, copy.copy(self._numbers), copy.copy(self._ids)
        return other

    def text(self, count=60):
        return " ".join(self.random.choice(WORDS) for _ in range(count))

    async def send(self, who, recipients, text, ip=OFFICE, subject="Hello", program=OFFICE_SUITE):
        """Whether it was taken."""
        account = Account("Client", f"{who}@client.example")
        if self.limits.at_mail(account, ip, self.now):
            return False
        head = program.format(who=account.name, subject=subject, number=next(self._ids))
        content = MemoryContent(f"{head}\r\n{text}\r\n".encode())
        to = tuple(Recipient(Address(*one.split("@"))) for one in recipients)
        incoming = replace(
            samples.incoming(),
            received_at=self.now,
            direction=Direction.OUTBOUND,
            client="Client",
            account=account,
            peer=Peer(ip=ip),
            envelope=Envelope(Address(who, "client.example"), to),
            content=content,
        )
        subject_of = Subject(incoming, tuple(Served(one, samples.POLICY) for one in to), self._sources)
        evidence = Evidence(sending=sending(subject_of), links=links(subject_of))
        keys = tuple(one.address.key for one in to)
        if await self.limits.at_end(incoming, evidence, keys):
            return False
        endings = dict.fromkeys(keys, (Ending.SPOOLED, ""))
        self.memories.note(sightings(incoming, evidence, {}, endings, self.now))
        return True

    async def usual_days(self, who, days=16, messages=10, contacts=40):
        """Weeks of an office: letters to people it knows, now and then to somebody new."""
        for _ in range(days):
            self.now += 8 * HOUR_S
            for number in range(messages):
                await self.letter(who, contacts, is_new=number % 10 == 0)
                self.now += 8 * HOUR_S / messages
            self.now = MONDAY + ((self.now - MONDAY) // DAY_S + 1) * DAY_S
        self.now += 9 * HOUR_S

    async def letter(self, who, contacts=40, *, is_new=False, link="", **more):
        """One that somebody wrote himself."""
        if is_new:
            to = f"new{next(self._numbers)}@company{self.random.randrange(50)}.example"
        else:
            to = f"contact{self.random.randrange(contacts)}@partner.example"
        return await self.send(who, [to], f"{self.text()}\n{link}", subject=self.text(4), **more)

    async def spam(self, who, ip=OFFICE, text=SPAM, link="http://voucher.test/x", program=THIEVES):
        number = next(self._numbers)
        body = f"Dear friend{number},\n{text}\n{link}?u={number}"
        return await self.send(
            who, [f"victim{number}@provider{number % 40}.example"], body, ip, "Your voucher", program
        )
