"""bogofilter, with its defaults and a word list of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from math import log
from pathlib import Path

from ecluse.domain.errors import Unavailable
from ecluse.entrypoints.evaluation.index import Entry
from ecluse.entrypoints.evaluation.peers.peer import ANSWER_TIMEOUT_S, Peer, need, version_of

CUTOFF = 0.99  # Its own default: what scores higher is spam.
_NEAREST = 1e-15  # To 0 and 1, where log-odds end.


class Bogofilter:
    """The protocol `Peer`; one process for each question, as its manual has it."""

    def __init__(self, program: str, folder: Path) -> None:
        self._base = [program, "-C", "-d", str(folder)]
        self.version = version_of("bogofilter-common")
        self.command = "bogofilter -C -TT, then bogofilter -C -s or -n"

    def judge(self, message: Entry) -> float:
        """See `Filter.judge`."""
        answer = self._run("-TT", message).strip().split()
        return _log_odds(float(answer[-1])) - _log_odds(CUTOFF) if answer else 0.0

    def learn(self, message: Entry, *, is_spam: bool) -> None:
        """See `Filter.learn`."""
        self._run("-s" if is_spam else "-n", message)

    def _run(self, option: str, message: Entry) -> bytes:
        done = subprocess.run(  # noqa: S603 - the program is a peer that was asked for by name
            [*self._base, option], input=message.read(), capture_output=True, timeout=ANSWER_TIMEOUT_S, check=False
        )
        if done.returncode > 2:  # 0 spam, 1 ham, 2 unsure.
            raise Unavailable(f"bogofilter: {done.stderr.decode('utf-8', 'replace')[:200]}")
        return done.stdout


def _log_odds(share: float) -> float:
    kept = min(max(share, _NEAREST), 1 - _NEAREST)
    return log(kept / (1 - kept))


@contextmanager
def bogofilter(folder: Path) -> Iterator[Peer]:
    """Bogofilter with an empty word list in `folder`."""
    program = need("bogofilter")
    peer = Bogofilter(program, folder)
    # Until the first word is learned there is no list, and a question would be an error.
    subprocess.run(  # noqa: S603 - see above
        [program, "-C", "-d", str(folder), "-n"], input=b"Subject: x\n\nx\n", check=True, timeout=ANSWER_TIMEOUT_S
    )
    yield peer
