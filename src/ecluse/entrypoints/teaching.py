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
from ecluse.domain.act import Act, Origin, Standing
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

    def __init__(self, root: Path, acts: Acts, clock: Callable[[], float] = time.time, node: str = "") -> None:
        """`node` is its host name."""
        self._root, self._acts, self._clock, self._node = root, acts, clock, node
        self._models = FolderModels(root)
        self._ledgers: OrderedDict[str, tuple[Ledger, Place | None]] = OrderedDict()

    def take(self, said: Said) -> Standing:
        """Note an act, and say what becomes of it; it shows once `build` was called.

        Who said something else of the message before has changed his mind: that is taken back. What another node was told
        counts once, however often it comes, and not where he has said something else here since.
        """
        ledger = self._ledger(said.client)
        if said.origin and (known := ledger.heard(said.origin)):
            return known.standing
        contradicted = ledger.contradicted(said.voter, said.message, is_spam=said.is_spam)
        if said.origin and any(one.at > said.at for one in contradicted):
            return self._append(said, ledger, is_outdated=True)
        for earlier in contradicted:
            self._undo(said.client, earlier, said.voter)
        return self._append(said, self._ledger(said.client))

    def _append(self, said: Said, ledger: Ledger, *, is_outdated: bool = False) -> Standing:
        act = Act(
            number=len(ledger) + 1,
            at=said.at if said.origin else self._clock(),
            channel=said.channel,
            voter=said.voter,
            message=said.message,
            is_spam=said.is_spam,
            tokens=said.tokens,
            standing=Standing.LEARNED,
            tokens_version=said.tokens_version,
            origin=said.origin,
        )
        counts = is_readable(act) and not is_outdated
        standing = self._standing(said.client, act, ledger) if counts else Standing.IGNORED
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

    def take_back(self, said: Said) -> bool:
        """What another node has taken back; False where it does not stand here, or was never heard of."""
        ledger, target = self._ledger(said.client), said.takes_back
        if target is None or (said.origin and ledger.heard(said.origin)):
            return False
        heard = ledger.heard(target)
        number = ledger.own(target) if target.node == self._node else heard.number if heard else 0
        found = ledger.standing(number)
        if found is not None:
            self._undo(said.client, found, said.voter, said.origin)
        return found is not None

    def _undo(self, client: str, target: Act, by: str, origin: Origin | None = None) -> None:
        undoing = replace(
            target,
            number=len(self._ledger(client)) + 1,
            at=self._clock(),
            voter=by,
            tokens=b"",
            undoes=target.number,
            origin=origin,
            takes_back=target.origin,
        )
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

    def build(self, client: str, *, forgets: bool = False) -> bool:
        """Learn what is new and let the result go live; False where it was worse on the shadow set, and did not.

        What was taken back, or counts only now, has all acts learned anew. `forgets`: something was taken back since.
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
        if trial.is_worse and not (forgets or (acts and acts[-1].undoes)):
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
