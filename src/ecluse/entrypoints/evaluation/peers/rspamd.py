"""Rspamd: its rules and Bayes in a Redis of its own, nothing asked of the network, nothing learned by itself."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
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

USER = "_rspamd"
THRESHOLD = 6.0  # Its default for "add header".
MAX_ANSWER_BYTES = 1_048_576
CONFIGURATION = Path("/etc/rspamd")
# Those that ask the network, or remember more than what they are told.
_SILENT = (
    "arc asn clickhouse dkim dkim_signing dmarc elastic fuzzy_check greylist history_redis hfilter mx_check neural"
    " phishing ratelimit rbl replies reputation rspamd_update spf surbl url_redirector"
)
_LOCAL = {
    "worker-controller.inc": 'bind_socket = "127.0.0.1:{port}";\nsecure_ip = "127.0.0.1";\ncount = 1;\n',
    "worker-normal.inc": "enabled = false;\n",
    "worker-proxy.inc": "enabled = false;\n",
    "worker-fuzzy.inc": "enabled = false;\n",
    "redis.conf": 'servers = "127.0.0.1:{redis}";\n',
    "classifier-bayes.conf": 'backend = "redis";\nservers = "127.0.0.1:{redis}";\nautolearn = false;\nmin_learns = {min_learns};\n',
    "options.inc": 'dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }}\nmax_message = 10mb;\n',
    "logging.inc": 'type = "console";\nlevel = "error";\n',
}


class Rspamd:
    """The protocol `Peer` over the controller's HTTP."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.version = version_of("rspamd")
        self.command = "rspamd controller: POST /checkv2, then /learnspam or /learnham"

    def judge(self, message: Entry) -> float:
        """See `Filter.judge`."""
        try:
            return float(json.loads(self._post("/checkv2", message)).get("score", 0.0)) - THRESHOLD
        except ValueError as problem:
            raise Unavailable(f"rspamd: {problem}") from problem

    def learn(self, message: Entry, *, is_spam: bool) -> None:
        """See `Filter.learn`; what is too short to be learned it refuses, and that is its answer."""
        self._post("/learnspam" if is_spam else "/learnham", message)

    def _post(self, path: str, message: Entry) -> bytes:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_TIMEOUT_S)
        try:
            connection.request("POST", path, message.read())
            return connection.getresponse().read(MAX_ANSWER_BYTES)
        except (OSError, HTTPException) as problem:
            raise Unavailable(f"rspamd: {problem}") from problem
        finally:
            connection.close()


@contextmanager
def rspamd(folder: Path) -> Iterator[Peer]:
    """An rspamd and a Redis of our own, with Debian's configuration and an empty store in `folder`."""
    program, redis_program = need("rspamd"), need("redis-server")
    port, redis = free_port(), free_port()
    _configure(folder, port, redis)
    with ExitStack() as servers:
        store = [redis_program, "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        servers.enter_context(running(store, folder / "redis.log", redis))
        servers.enter_context(running(_command(program, folder), folder / "rspamd.log", port))
        yield Rspamd(port)


def _configure(folder: Path, port: int, redis: int) -> None:
    shutil.copytree(CONFIGURATION, folder / "conf")
    local = folder / "conf/local.d"
    local.mkdir(exist_ok=True)
    for name, text in _LOCAL.items():
        (local / name).write_text(text.format(port=port, redis=redis, min_learns=MIN_LEARNS), "utf-8")
    for module in _SILENT.split():
        (local / f"{module}.conf").write_text("enabled = false;\n", "utf-8")
    (folder / "db").mkdir()
    hand_over(folder, USER)


def _command(program: str, folder: Path) -> list[str]:
    user = ["-u", USER, "-g", USER] if os.geteuid() == 0 else []
    places = {"CONFDIR": "conf", "LOCAL_CONFDIR": "conf", "DBDIR": "db", "RUNDIR": "db", "LOGDIR": "db"}
    variables = [f"--var={name}={folder / place}" for name, place in places.items()]
    return [program, "-f", "-c", str(folder / "conf/rspamd.conf"), *user, *variables]
