"""SpamAssassin: all its local rules and Bayes, no network tests, nothing learned by itself."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecluse.domain.errors import Unavailable
from ecluse.entrypoints.evaluation.index import Entry
from ecluse.entrypoints.evaluation.peers.peer import (
    ANSWER_TIMEOUT_S,
    MIN_LEARNS,
    Peer,
    free_port,
    hand_over,
    need,
    running,
    version_of,
)

USER = "nobody"
MAX_ANSWER_BYTES = 65_536
_SCORE = re.compile(rb"\nSpam: \w+ ; (-?[\d.]+) / (-?[\d.]+)")
_SETTINGS = """\
use_bayes 1
bayes_auto_learn 0
bayes_min_ham_num {min_learns}
bayes_min_spam_num {min_learns}
bayes_path {folder}/bayes/bayes
bayes_file_mode 0770
use_txrep 0
skip_rbl_checks 1
dns_available no
"""


class SpamAssassin:
    """The protocol `Peer` over that of spamd."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.version = version_of("spamassassin")
        self.command = "spamd --local --allow-tell: CHECK, then TELL"

    def judge(self, message: Entry) -> float:
        """See `Filter.judge`."""
        found = _SCORE.search(self._ask("CHECK", message, ""))
        return float(found[1]) - float(found[2]) if found else 0.0

    def learn(self, message: Entry, *, is_spam: bool) -> None:
        """See `Filter.learn`."""
        self._ask("TELL", message, f"Message-class: {'spam' if is_spam else 'ham'}\r\nSet: local\r\n")

    def _ask(self, verb: str, message: Entry, fields: str) -> bytes:
        octets = message.read()
        head = f"{verb} SPAMC/1.5\r\n{fields}Content-length: {len(octets)}\r\n\r\n"
        try:
            with socket.create_connection(("127.0.0.1", self._port), ANSWER_TIMEOUT_S) as connection:
                connection.sendall(head.encode("ascii") + octets)
                connection.shutdown(socket.SHUT_WR)
                with connection.makefile("rb") as answer:
                    return answer.read(MAX_ANSWER_BYTES)
        except OSError as problem:
            raise Unavailable(f"spamd: {problem}") from problem


@contextmanager
def spamassassin(folder: Path) -> Iterator[Peer]:
    """A spamd of our own, with Debian's rules and an empty Bayes store in `folder`."""
    program, port = need("spamd"), free_port()
    (folder / "bayes").mkdir()
    (folder / "local.cf").write_text(_SETTINGS.format(folder=folder, min_learns=MIN_LEARNS), "utf-8")
    for plugins in Path("/etc/spamassassin").glob("*.pre"):
        (folder / plugins.name).write_bytes(plugins.read_bytes())
    hand_over(folder, USER)
    with running(_command(program, folder, port), folder / "log", port):
        yield SpamAssassin(port)


def _command(program: str, folder: Path, port: int) -> list[str]:
    user = [f"--username={USER}"] if os.geteuid() == 0 else []
    return [
        program,
        "--local",
        "--allow-tell",
        "--nouser-config",
        "--max-children=1",
        "--syslog=stderr",
        f"--siteconfigpath={folder}",
        "--listen=127.0.0.1",
        f"--port={port}",
        f"--helper-home-dir={folder}",
        *user,
    ]
