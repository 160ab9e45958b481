"""The filters that `--against` knows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ecluse.entrypoints.evaluation.peers.bogofilter import bogofilter
from ecluse.entrypoints.evaluation.peers.peer import Peer
from ecluse.entrypoints.evaluation.peers.rspamd import rspamd
from ecluse.entrypoints.evaluation.peers.spamassassin import spamassassin

PEERS: dict[str, Callable[[Path], AbstractContextManager[Peer]]] = {
    "bogofilter": bogofilter,
    "spamassassin": spamassassin,
    "rspamd": rspamd,
}
