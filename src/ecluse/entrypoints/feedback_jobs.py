"""What the agent does about feedback: it alone writes models, and workers see a new one within seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from operator import itemgetter

import structlog

from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.models.acts import FolderActs
from ecluse.domain.errors import EcluseError, Impossible
from ecluse.domain.said import Said
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.teaching import Teaching
from ecluse.ports.feedback_inbox import FeedbackInbox

LOOK_EVERY_S = 1.0
REST_SHARE = 9  # A second of learning is followed by so many of rest: mail goes first.
MAX_AT_ONCE = 500

log = structlog.get_logger()


async def learn(settings: Settings) -> None:
    """Feedback is in the client's model within seconds."""
    paths = DataPaths(settings.data_dir)
    inbox = FolderFeedback(paths.feedback)
    teaching = Teaching(paths.models, FolderActs(paths.models), node=settings.hostname)
    noted: set[str] = set()
    while True:
        began = time.monotonic()
        try:
            await asyncio.to_thread(learn_waiting, inbox, teaching, noted)
        except EcluseError as problem:
            log.error("feedback cannot be learned", problem=str(problem))
        await asyncio.sleep(max(LOOK_EVERY_S, REST_SHARE * (time.monotonic() - began)))


def learn_waiting(inbox: FeedbackInbox, teaching: Teaching, noted: set[str]) -> None:
    """All that waits, up to `MAX_AT_ONCE`. Raises `Unavailable` when a disk fails: the rest waits on.

    What is learned leaves the inbox only then. `noted` keeps for the next try the names of what stands in the log of acts
    already; after a crash it is noted again, and counts once (`guards.py`).
    """
    names = inbox.waiting()[:MAX_AT_ONCE]
    everything = _mixed({name: said for name in names if (said := inbox.read(name))})
    for name, said in everything.items():
        if name not in noted:
            _note(teaching, said)
            noted.add(name)
    forgetting = {said.client for said in everything.values() if _takes_back(said)}
    for client in dict.fromkeys(said.client for said in everything.values()):
        if teaching.build(client, forgets=client in forgetting):
            log.info("model learned", client=client)
        else:
            log.warning("model not taken up", client=client, problem="worse on what it is tested with")
    for name in names:
        inbox.remove(name)
        noted.discard(name)


def _mixed(waiting: Mapping[str, Said]) -> dict[str, Said]:
    """What is taken back, then the last word of each voter; spam and ham spread evenly: what is learned last is remembered best.

    What another node was told and has taken back meanwhile is not begun with.
    """
    back = {(said.client, said.undoes, said.takes_back): name for name, said in waiting.items() if _takes_back(said)}
    gone = {(client, origin) for client, _, origin in back if origin}
    last = {
        (said.client, said.voter, said.message, said.origin): name
        for name, said in waiting.items()
        if not _takes_back(said) and (said.client, said.origin) not in gone
    }.values()
    groups = [[name for name in last if waiting[name].is_spam is is_spam] for is_spam in (True, False)]
    placed = ((n / len(group), name) for group in groups for n, name in enumerate(group))
    return {name: waiting[name] for name in (*back.values(), *(name for _, name in sorted(placed, key=itemgetter(0))))}


def _takes_back(said: Said) -> bool:
    return bool(said.undoes or said.takes_back)


def _note(teaching: Teaching, said: Said) -> None:
    origin = {"node": said.origin.node} if said.origin else {}
    if said.takes_back:
        if teaching.take_back(said):
            log.info("feedback taken back", client=said.client, number=said.takes_back.number, **origin)
        return
    if not said.undoes:
        standing = teaching.take(said)
        told = {"channel": said.channel, "message": said.message, "standing": standing, **origin}
        log.info("feedback noted", client=said.client, **told)
        return
    try:
        teaching.undo(said.client, said.undoes, said.voter)
        log.info("feedback taken back", client=said.client, number=said.undoes)
    except Impossible as problem:
        log.warning("feedback not taken back", client=said.client, problem=str(problem))
