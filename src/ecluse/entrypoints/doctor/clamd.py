"""ClamAV: does it answer, how old are its signatures, does it look at everything that we accept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.entrypoints.terminal import amount, span
from ecluse.wire.notations import ClamdSocket

CONFIG = Path("/etc/clamav/clamd.conf")
OWN_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
SEE_YOURSELF = "see to StreamMaxLength, MaxFileSize, MaxScanSize and AlertExceedsMax, or give --clamd-config"
PATIENCE_S = 5.0
MAX_REPLY_BYTES = 1_024
MAX_CONFIG_BYTES = 1_048_576
STALE_S = 3 * 86_400.0  # freshclam looks several times a day.
MEBIBYTE = 1 << 20
# What clamd does without the line: clamd.conf(5) of ClamAV 1.4.
DEFAULT_LIMITS = {
    "StreamMaxLength": 100 * MEBIBYTE,
    "MaxFileSize": 100 * MEBIBYTE,
    "MaxScanSize": 400 * MEBIBYTE,
}
UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
YES = frozenset({"yes", "true", "1"})


def clamd(patient: Patient) -> Iterator[Diagnosis]:
    """Clamd answers, with signatures of these days."""
    address = patient.settings.scanners.clamd
    if address is None:
        yield warn("virus scanner", "none is configured", "set scanners.clamd: mail is not scanned for viruses")
        return
    try:
        reply = asyncio.run(_ask_version(address))
    except OSError as problem:
        found = f"{address} does not answer: {problem.strerror or 'no reply in time'}"
        yield fail("virus scanner", found, "start clamd, or mend scanners.clamd: mail is deferred (451) meanwhile")
        return
    engine, dated = read_version(reply)
    if not engine:
        yield fail("virus scanner", f"{address} is no clamd: it said {reply[:80]!r}", "mend scanners.clamd")
        return
    yield ok("virus scanner", f"{engine} at {address}")
    yield _signatures(dated, time.time())


def clamd_limits(patient: Patient) -> Iterator[Diagnosis]:
    """What clamd passes over in silence is no smaller than what we accept; read from its configuration file."""
    address = patient.settings.scanners.clamd
    if address is None:
        return
    path = patient.clamd_config or CONFIG
    if patient.clamd_config is None and not address.path and address.host not in OWN_HOSTS:
        yield warn("scanner limits", f"{address} is another machine", SEE_YOURSELF)
        return
    try:
        with path.open("rb") as file:
            text = file.read(MAX_CONFIG_BYTES).decode("utf-8", "replace")
    except OSError as problem:
        yield warn("scanner limits", f"{path} cannot be read: {problem.strerror}", SEE_YOURSELF)
        return
    yield from judge_limits(read_options(text), patient.settings.inbound.max_message_bytes, path)


def read_options(text: str) -> dict[str, str]:
    """The lines of a clamd.conf: "Name value"; a later line goes before an earlier one."""
    lines = (line.partition("#")[0].split(None, 1) for line in text.splitlines())
    return {parts[0]: parts[1].strip().strip('"') for parts in lines if len(parts) == 2}


def judge_limits(options: dict[str, str], needed: int, path: Path) -> Iterator[Diagnosis]:
    """Each limit is at least `needed` octets, and reaching one is told."""
    for name, default in DEFAULT_LIMITS.items():
        limit = _octets(options[name]) if name in options else default
        if limit < 0:
            yield fail(name, f"{options[name]!r} in {path} is no size", f"write {name} {_as_option(needed)}")
        elif limit == 0 or limit >= needed:
            yield ok(name, "no limit" if limit == 0 else amount(limit))
        else:
            found = f"{amount(limit)} in {path}, and we accept {amount(needed)}"
            yield fail(name, found, f"write {name} {_as_option(needed)}, or lower inbound.max_message_bytes")
    if options.get("AlertExceedsMax", "no").casefold() in YES:
        yield ok("AlertExceedsMax", "yes")
    else:
        found = f"not set in {path}: clamd calls clean what it did not look at"
        yield fail("AlertExceedsMax", found, "write AlertExceedsMax yes")


def read_version(reply: str) -> tuple[str, float]:
    """Engine, and when its signatures were made, from "ClamAV 1.4.3/27461/Mon Nov 18 09:23:41 2026".

    The engine is "" for what no clamd says; when they were made is 0 where it is not told, else UTC epoch seconds.
    """
    if not reply.startswith("ClamAV "):
        return "", 0.0
    program, _, rest = reply.partition("/")
    number, _, written = rest.partition("/")
    try:
        made = datetime.strptime(written.strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp()
    except ValueError:
        made = 0.0
    return f"{program}/{number}" if number else program, made


async def _ask_version(address: ClamdSocket) -> str:
    async with asyncio.timeout(PATIENCE_S):
        if address.path:
            reader, writer = await asyncio.open_unix_connection(address.path)
        else:
            reader, writer = await asyncio.open_connection(address.host, address.port)
        try:
            writer.write(b"zVERSION\0")
            reply = b""
            while b"\0" not in reply and len(reply) < MAX_REPLY_BYTES and (piece := await reader.read(MAX_REPLY_BYTES)):
                reply += piece
        finally:
            writer.close()
    return reply.partition(b"\0")[0].decode("ascii", "replace").strip()


def _signatures(made: float, now: float) -> Diagnosis:
    if not made:
        return warn("signatures", "clamd does not tell how old they are", "look whether freshclam runs")
    found = f"made {span(now - made)} ago"
    if now - made > STALE_S:
        return fail("signatures", found, "start freshclam: new viruses are not known")
    return ok("signatures", found)


def _octets(text: str) -> int:
    """A size such as 25M; -1 when it is none."""
    unit = UNITS.get(text[-1:].casefold(), 1)
    digits = text[:-1] if unit > 1 else text
    return int(digits) * unit if digits.isascii() and digits.isdecimal() and len(digits) < 16 else -1


def _as_option(octets: int) -> str:
    return f"{-(-octets // MEBIBYTE)}M"
