"""The one door to learning: what whoever says something has left in the inbox comes through here, in the agent."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ecluse.adapters.models.folder import FolderModels, client_layer, client_snapshot
from ecluse.adapters.models.layer_file import LayerHeader, write_sparse
from ecluse.adapters.models.snapshot_file import read_snapshot, write_snapshot
from ecluse.domain.act import Act, Standing
from ecluse.domain.errors import Impossible
from ecluse.domain.said import Said
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.guards import standing_of
from ecluse.filtering.learning.ledger import Ledger
from ecluse.filtering.learning.lessons import VERSION
from ecluse.filtering.learning.replay import Snapshot, is_readable, rebuilt, tokens_in
from ecluse.ports.acts import Acts, Place

MAX_LEDGERS = 32  # Clients whose acts are kept in memory, without their tokens: some 400 octets each.


class Teaching:
    """For one process of a node; calls raise `Unavailable` by the disk."""

    def __init__(self, root: Path, acts: Acts, clock: Callable[[], float] = time.time) -> None:
        self._root, self._acts, self._clock = root, acts, clock
        self._models = FolderModels(root)
        self._ledgers: OrderedDict[str, tuple[Ledger, Place | None]] = OrderedDict()

    def take(self, said: Said) -> Standing:
        """Note an act, and say what becomes of it; it shows once `build` was called.

        Who said something else of the message before has changed his mind: that is taken back.
        """
        ledger = self._ledger(said.client)
        for earlier in ledger.contradicted(said.voter, said.message, is_spam=said.is_spam):
            self._undo(said.client, earlier, said.voter)
        return self._append(said, self._ledger(said.client))

    def _append(self, said: Said, ledger: Ledger) -> Standing:
        act = Act(
            number=len(ledger) + 1,
            at=self._clock(),
            channel=said.channel,
            voter=said.voter,
            message=said.message,
            is_spam=said.is_spam,
            tokens=said.tokens,
            standing=Standing.LEARNED,
            tokens_version=said.tokens_version,
        )
        standing = self._standing(said.client, act, ledger) if is_readable(act) else Standing.IGNORED
        self._acts.append(said.client, replace(act, standing=standing))
        return standing

    def _standing(self, client: str, act: Act, ledger: Ledger) -> Standing:
        model = self._models.find(client)
        opinion = Classifier(model.layers if model else ()).weigh(tokens_in(act))
        return standing_of(act, ledger.near(act), opinion.log_odds)

    def undo(self, client: str, number: int, by: str) -> None:
        """Take an act back; it is gone from the model after the next `build`. Raises `Impossible`."""
        target = self._ledger(client).standing(number)
        if target is None:
            raise Impossible(f"there is no act {number}, or it was taken back before")
        self._undo(client, target, by)

    def _undo(self, client: str, target: Act, by: str) -> None:
        number = len(self._ledger(client)) + 1
        undoing = replace(target, number=number, at=self._clock(), voter=by, tokens=b"", undoes=target.number)
        self._acts.append(client, undoing)

    def _ledger(self, client: str) -> Ledger:
        """All acts of the client; of those that taught last what was read before is not read again."""
        ledger, place = self._ledgers.pop(client, (Ledger(), None))
        try:
            place, acts = self._acts.read_on(client, place)
        except LookupError:
            # The client was erased meanwhile.
            ledger = Ledger()
            place, acts = self._acts.read_on(client, None)
        ledger.add(acts)
        self._ledgers[client] = ledger, place
        if len(self._ledgers) > MAX_LEDGERS:
            self._ledgers.popitem(last=False)
        return ledger

    def build(self, client: str) -> bool:
        """Learn what is new and let the result go live; False where it was worse on the shadow set, and did not.

        What was taken back, or counts only now, has all acts learned anew.
        """
        acts = list(self._acts.read(client))
        common, live = self._models.common(), self._models.own(client)
        beneath = () if common is None else (common,)
        under = f"{VERSION} {'' if common is None else f'{common.header.checksum:x}'}"
        snapshot = client_snapshot(self._root, client)
        before = read_snapshot(snapshot, under)
        trial = rebuilt(acts, beneath, live, before and Snapshot(*before))
        write_snapshot(snapshot, under, trial.learned, trial.layer.exported())
        # What was taken back must go, however well the model did with it.
        if trial.is_worse and not (acts and acts[-1].undoes):
            return False
        places = np.flatnonzero(trial.layer.weights).astype(np.uint32)
        header = LayerHeader(
            version=f"client-{len(acts)}",
            shape="sparse",
            entries=0,
            made_at=self._clock(),
            learned=len(trial.learned),
            learned_spam=trial.layer.spam_lessons,
        )
        write_sparse(client_layer(self._root, client), header, places, trial.layer.weights[places])
        return True
