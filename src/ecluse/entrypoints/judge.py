"""Answers single questions of the outside judge: JSON lines in, one JSON line out for each, in order."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import BinaryIO

from ecluse.entrypoints.judge_ops import (
    addresses,
    arc,
    bimi,
    dkim,
    dmarc,
    files,
    messages,
    mtasts,
    names,
    reports,
    spf,
    urls,
)
from ecluse.entrypoints.judge_ops.question import Json, Refused
from ecluse.entrypoints.judge_ops.room import ROOM

MAX_LINE_BYTES = 100_000_000
_ID = re.compile(rb'"id"\s*:\s*(\d{1,18})')


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer until the input ends; no question ends it earlier."""
    try:
        while line := stdin.readline(MAX_LINE_BYTES):
            reply = _skip(line, stdin) if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n") else _reply(line)
            stdout.write(json.dumps(reply).encode("ascii") + b"\n")
            stdout.flush()
    finally:
        ROOM.close()


def _skip(line: bytes, stdin: BinaryIO) -> Json:
    """The reply to a line that is too long, once the rest of it is out of the way."""
    number = _id_in(line)
    while line and not line.endswith(b"\n"):
        line = stdin.readline(MAX_LINE_BYTES)
    return _error(number, f"limit: a line holds at most {MAX_LINE_BYTES} octets")


def _reply(line: bytes) -> Json:
    """One reply, whatever stands in the line."""
    number: float = _id_in(line)
    try:
        question = _question(line)
        number = question["id"]
        answer = OPS.get(question["op"])
        return {"id": number, "ok": True, **answer(question)} if answer else _error(number, "unsupported")
    except Refused as problem:
        return _error(number, str(problem))
    except MemoryError:
        return _error(number, "limit: more memory than there is")
    except Exception as problem:  # noqa: BLE001 - the border of this program: shown, answered, survived.
        sys.excepthook(type(problem), problem, problem.__traceback__)
        return _error(number, f"internal: {type(problem).__name__}")


def _error(number: float, text: str) -> Json:
    return {"id": number, "ok": False, "error": text}


def _id_in(line: bytes) -> int:
    """The id of a question that cannot be read as a whole; 0 where it does not stand near the start."""
    found = _ID.search(line, 0, 1_000)
    return int(found[1]) if found else 0


def _question(line: bytes) -> Json:
    try:
        question = json.loads(line)
    except (ValueError, RecursionError):
        raise Refused("bad-request", "no JSON") from None
    if not isinstance(question, dict) or not isinstance(question.get("op"), str):
        raise Refused("bad-request", "no object with an op")
    if type(question.get("id")) not in {int, float}:
        raise Refused("bad-request", "no id")
    return question


def _hello(_question: Json) -> Json:
    return {}


OPS: dict[str, Callable[[Json], Json]] = {
    "hello": _hello,
    "smtp.line": addresses.smtp_line,
    "addr.parse": addresses.addr_parse,
    "header.decode": messages.header_decode,
    "mime.walk": messages.mime_walk,
    "scan": messages.scan,
    "file.walk": files.file_walk,
    "spf.check": spf.spf_check,
    "dkim.verify": dkim.dkim_verify,
    "dkim.canon": dkim.dkim_canon,
    "dkim.sign": dkim.dkim_sign,
    "arc.validate": arc.arc_validate,
    "arc.seal": arc.arc_seal,
    "dmarc.evaluate": dmarc.dmarc_evaluate,
    "dmarc.parse": dmarc.dmarc_parse,
    "mtasts.parse": mtasts.mtasts_parse,
    "mtasts.match": mtasts.mtasts_match,
    "bimi.lookup": bimi.bimi_lookup,
    "bimi.svg": bimi.bimi_svg,
    "file.inspect": files.file_inspect,
    "report.parse": reports.report_parse,
    "domain.org": names.domain_org,
    "domain.confusable": names.domain_confusable,
    "url.parse": urls.url_parse,
    "url.extract": urls.url_extract,
    "html.safe": urls.html_safe,
}


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
