"""The node of the simulation: follows what is published, holds some mail, writes its log, and keeps house by its own clocks."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.held_copies import ControlHeldCopies
from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.entrypoints.held_jobs import HeldTeller
from ecluse.entrypoints.log_jobs import KEPT_S
from ecluse.entrypoints.log_store import open_log
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.purge_jobs import purge_held
from ecluse.entrypoints.sender_notices import notices_of
from ecluse.entrypoints.settings_tables import Settings
from tests.control.test_publications import follow

if TYPE_CHECKING:
    from tests.simulate.claims import Claims
    from tests.simulate.company import Company

LOGGED_A_DAY, HELD_A_DAY = 3, 0.5  # Messages of the whole installation.
BODY = b"From: Eve <eve@e.example>\r\nSubject: The offer\r\n\r\nhello\r\n"


class Node:
    """What an agent does, once a day."""

    def __init__(self, settings: Settings, seed: str, claims: Claims) -> None:
        self._claims = claims
        self.settings, self.paths = settings, DataPaths(settings.data_dir)
        self.policies = LmdbPolicies(self.paths.policy)
        self.log = open_log(settings.control.database, settings.data_dir)
        self.logged: list[tuple[float, str]] = []  # When, and the id of each message.
        self.held: list[tuple[float, str]] = []  # The same of what was kept aside.
        self._dice = random.Random(f"{seed}/node")
        self._database = Database(settings.control.database)
        self._publications = ControlPublications(self._database)
        self._spool = FolderSpool(self.paths.spool, reserve_bytes=0)
        self.quarantine = FolderSpool(self.paths.held, reserve_bytes=0)
        self._teller = HeldTeller(ControlHeldCopies(self._database, settings.hostname), self.quarantine)

    def close(self) -> None:
        """Let go of all files."""
        self.log.close()
        self._database.close()
        self._spool.close()
        self.quarantine.close()

    def live(self, companies: Sequence[Company]) -> None:
        """Mail comes for who is served."""
        served = [each for each in companies if each.is_served]
        if served:
            self.log.append([self._logged(self._dice.choice(served)) for _ in range(LOGGED_A_DAY)])
        if served and self._dice.random() < HELD_A_DAY:
            self.keep(self._kept(self._dice.choice(served)), MemoryContent(BODY))

    def keep(self, message: QueuedMessage, content: MemoryContent) -> None:
        """Hold it."""
        asyncio.run(self.quarantine.keep(message, content))

    def keep_house(self) -> None:
        """Follow what was published, tell what is held, and end what is too old."""
        follow(self._publications, self.paths.policy)
        self.log.purge(time.time() - KEPT_S)
        asyncio.run(self._tidy())
        self._teller.look()

    async def _tidy(self) -> None:
        with notices_of(self.settings, self._spool) as notices:
            await purge_held(self.quarantine, self._spool, notices, time.time())

    def _logged(self, company: Company) -> MessageEvent:
        recipient = f"user0@{company.character.domains[0]}"
        one = RecipientEvent(recipient, Ending.RELAYED, "deliver", "", 0.0, (), "250 2.0.0 OK")
        event = MessageEvent(
            id=new_id(),
            stage=Stage.OUTCOME,
            at=time.time(),
            direction=Direction.INBOUND,
            client=company.character.name,
            sender="eve@e.example",
            recipients=(one,),
            size=len(BODY),
            reply="250 2.0.0 OK",
            evidence=EvidenceEvent({}),
        )
        self.logged.append((event.at, event.id))
        self._claims.count(company, 1)
        return event

    def _kept(self, company: Company) -> QueuedMessage:
        domain = company.character.domains[0]
        message = QueuedMessage(
            id=new_id(),
            direction=Direction.INBOUND,
            client=company.character.name,
            destination=domain,
            received_at=time.time(),
            queued_at=time.time(),
            sender=Address("eve", "e.example"),
            is_sender_authenticated=False,
            recipients=(QueuedRecipient(Address("user0", domain), category="Q"),),
            size=len(BODY),
            is_held=True,
            verdict="refuse Q: GTUBE",
            reason="This message was judged to be spam.",
        )
        self.held.append((message.received_at, message.id))
        return message
