"""`ecluse log`: what happened to messages, and why."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.journal_tail import JournalTail
from ecluse.adapters.models.folder import FolderModels
from ecluse.domain.event import Ending
from ecluse.domain.language import Language
from ecluse.domain.logged_message import UNANSWERED, LoggedMessage, LoggedRecipient
from ecluse.domain.reader import Reader
from ecluse.entrypoints.explaining import (
    ExplainOption,
    ReaderOption,
    Reasons,
    explanation_json,
    print_explanation,
    reasons,
)
from ecluse.entrypoints.legend import LanguageOption, locale_language, print_legend
from ecluse.entrypoints.message_log import WORDS, Follower, Question, latest
from ecluse.entrypoints.options import ConfigOption, DataDirOption, find_node
from ecluse.entrypoints.orders import opened
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.terminal import (
    BAD,
    GOOD,
    LATER,
    Cell,
    clock_time,
    coloured,
    console,
    print_json,
    print_table,
    say,
)
from ecluse.filtering.explanation import Explanation, Weighed
from ecluse.filtering.explanation import explain as explain_verdict
from ecluse.filtering.learning.judged import judged_letter

LOOK_EVERY_S = 0.5
SHORT_ID = 16  # Digits of an id that stand on a terminal: enough to name the message.
SHOWN_RECIPIENTS = 3
COLUMNS = ("time", "what", "id", "client", "sender", "recipient", "why", "reply", "ms")
COLOURS = {
    Ending.RELAYED: GOOD,
    Ending.DELIVERED: GOOD,
    Ending.SPOOLED: GOOD,  # Its sender was answered 250.
    Ending.HELD: GOOD,
    Ending.DEFERRED: LATER,
    Ending.REFUSED: BAD,
    Ending.REJECTED_BY_NEXT_HOP: BAD,
    Ending.BOUNCED: BAD,
    Ending.EXPIRED: BAD,
    Ending.DELETED: BAD,
}
UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

_TIMED_ID = re.compile(r"[0-9a-f]{12}")
_SPAN = re.compile(r"(\d{1,9})([smhd])")


def log(  # noqa: PLR0913 - one argument per filter.
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="WHEN",
            help='"30m", "2h", "7d" ago, or a date and time of ISO 8601. Default: 24h; with --id, when the id was given.',
        ),
    ] = "",
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help="As --since; empty is now.")] = "",
    address: Annotated[
        str, typer.Option("--address", metavar="A", help="The address or domain of the sender or of a recipient.")
    ] = "",
    id_prefix: Annotated[str, typer.Option("--id", metavar="PREFIX", help="How the message's id begins.")] = "",
    verdict: Annotated[
        list[str] | None,
        typer.Option("--verdict", metavar="WORD", help=f"One of {', '.join(WORDS)}. May be repeated."),
    ] = None,
    client: Annotated[str, typer.Option("--client", metavar="C", help="The name of the client.")] = "",
    campaign: Annotated[
        str, typer.Option("--campaign", metavar="FINGERPRINT", help="Messages that bear it; --json shows fingerprints.")
    ] = "",
    like: Annotated[
        str,
        typer.Option(
            "--like", metavar="ID", help="Messages with the same or nearly the same text or file as this one had."
        ),
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=1_000_000, help="Only the newest so many.")
    ] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")] = False,
    explain: ExplainOption = False,
    reader: ReaderOption = Reader.ADMINISTRATOR,
    language: LanguageOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line for each message; times are epoch seconds.")
    ] = False,
) -> None:
    """Print what happened to messages and why, newest last; one row each, all stages merged.

    With --id or --lang what was found is explained below the rows. --explain says why, as far as the log tells: the
    classifier's words are content, and can be had only while we hold the message itself.
    """
    paths = find_node(config, data_dir).paths
    folder = paths.journal
    alike = _fingerprints(folder, campaign, like)
    question = Question(address, id_prefix.lower(), _words(verdict or ()), client, alike)
    start = moment(since, "--since") if since else _default_since(question.id_prefix)
    end = moment(until, "--until") if until else time.time()
    if not follow:
        found = latest(read_events(folder, since=start, until=end), question, limit)
        telling = _Telling(paths, reader, language or locale_language()) if explain else None
        _show(found, telling, as_json=as_json)
        if (id_prefix or language) and not as_json and not explain:
            _explain(found, language)
        return
    tail = JournalTail(folder, since=start)
    _show(latest(tail.new_events(), question, limit), None, as_json=as_json)
    with suppress(KeyboardInterrupt):
        _follow(tail, question, as_json=as_json)


def _follow(tail: JournalTail, question: Question, *, as_json: bool) -> None:
    """Until interrupted."""
    follower = Follower(question)
    while True:
        for message in follower.learn(tail.new_events()):
            if as_json:
                print_json(_as_json(message))
            else:
                for row in _rows(message):
                    say(*row)
        time.sleep(LOOK_EVERY_S)


def _show(messages: list[LoggedMessage], telling: _Telling | None, *, as_json: bool) -> None:
    if as_json:
        for message in messages:
            more = {"explanations": telling.as_json(message)} if telling else {}
            print_json(_as_json(message) | more)
        return
    print_table(COLUMNS, [row for message in messages for row in _rows(message)])
    if telling:
        for message in messages:
            telling.say(message)


def _explain(messages: list[LoggedMessage], language: Language | None) -> None:
    recipients = (one for message in messages for one in message.recipients.values())
    print_legend((finding for one in recipients for finding in one.findings), language)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Says why, as far as the log tells, to one reader."""

    paths: DataPaths
    reader: Reader
    language: Language

    def say(self, message: LoggedMessage) -> None:
        words = self._held_words(message)
        for group in _by_fate(message.recipients.values()):
            title = f"{message.id}, {_names(group)}"
            print_explanation(title, self._explanation(message, group[0]), words, self.language)

    def as_json(self, message: LoggedMessage) -> list[dict[str, object]]:
        words = self._held_words(message)
        return [
            {"recipients": [one.address for one in group]}
            | explanation_json(self._explanation(message, group[0]), words)
            for group in _by_fate(message.recipients.values())
        ]

    def _explanation(self, message: LoggedMessage, one: LoggedRecipient) -> Explanation:
        points = message.evidence.points if message.evidence else {}
        split = (text.partition(": ") for text in one.findings)
        found = [Weighed(code, detail, points.get(code, 0.0)) for code, _, detail in split]
        return explain_verdict(one.disposition, one.category, found, self.reader, self.language)

    def _held_words(self, message: LoggedMessage) -> Reasons:
        """By today's model, of the copy that we hold; nothing where there is none."""
        if self.reader is not Reader.PROVIDER:
            return ()
        with opened(self.paths.held) as held:
            kept = held.read(message.id) if held else None
            if held is None or kept is None or kept.seal:
                return ()
            _, letter = judged_letter(held.content(message.id), message.sender)
        return reasons(letter, FolderModels(self.paths.models).find(message.client))


def _rows(message: LoggedMessage) -> Iterator[tuple[Cell, ...]]:
    """One row, or one for each fate where recipients fared differently."""
    is_wide = not console().is_terminal
    start = clock_time(message.at)
    name = message.id if is_wide else message.id[:SHORT_ID]
    sender = message.sender or "<>"
    took = f"{sum(message.timings_ms.values()):.0f}" if message.timings_ms else ""
    if not message.recipients:
        yield start, coloured(UNANSWERED, LATER), name, message.client, sender, "", "", "", took
    for group in _by_fate(message.recipients.values()):
        one = group[0]
        what = coloured(f"{one.fate} {one.category}".rstrip(), COLOURS[one.fate])
        reply = one.reply or message.reply
        yield start, what, name, message.client, sender, _names(group), ", ".join(one.findings), reply, took


def _by_fate(recipients: Iterable[LoggedRecipient]) -> list[list[LoggedRecipient]]:
    groups: dict[tuple[object, ...], list[LoggedRecipient]] = {}
    for one in recipients:
        groups.setdefault((one.fate, one.category, one.findings, one.reply), []).append(one)
    return list(groups.values())


def _names(group: list[LoggedRecipient]) -> str:
    shown = ", ".join(one.address for one in group[:SHOWN_RECIPIENTS])
    return shown if len(group) <= SHOWN_RECIPIENTS else f"{shown} and {len(group) - SHOWN_RECIPIENTS} more"


def _as_json(message: LoggedMessage) -> dict[str, object]:
    return {
        "id": message.id,
        "at": message.at,
        "direction": message.direction,
        "client": message.client,
        "ip": message.ip,
        "helo": message.helo,
        "tls": message.tls,
        "sender": message.sender,
        "size": message.size,
        "reply": message.reply,
        "route": message.route,
        "timings_ms": message.timings_ms,
        "fingerprints": message.fingerprints,
        "released_by": message.released_by,
        "points": message.evidence.points if message.evidence else None,
        "recipients": [
            {
                "address": one.address,
                "what": one.fate,
                "verdict": one.disposition,
                "category": one.category,
                "score": one.score,
                "findings": one.findings,
                "reply": one.reply,
            }
            for one in message.recipients.values()
        ],
    }


def _fingerprints(folder: Path, campaign: str, like: str) -> frozenset[str]:
    """Those that are asked for; a message without any has nothing that others could have had too."""
    if not like:
        return frozenset(filter(None, [campaign]))
    question = Question(id_prefix=like.lower())
    found = latest(read_events(folder, since=_default_since(question.id_prefix), until=time.time()), question, 1)
    fingerprints = frozenset(one for message in found for one in message.fingerprints)
    if not fingerprints:
        raise typer.BadParameter("no such message, or too short a text and no file", param_hint="--like")
    return fingerprints | frozenset(filter(None, [campaign]))


def _words(written: Iterable[str]) -> frozenset[str]:
    for word in written:
        if word not in WORDS:
            raise typer.BadParameter(f"{word!r} is none of {', '.join(WORDS)}", param_hint="--verdict")
    return frozenset(written)


def _default_since(id_prefix: str) -> float:
    """An id begins with its time in milliseconds (RFC 9562 section 5.7), so that who has one need not know the day."""
    if _TIMED_ID.match(id_prefix):
        return int(id_prefix[:12], 16) / 1_000 - 1
    return time.time() - UNITS_S["d"]


def moment(text: str, option: str) -> float:
    """UTC, seconds since the epoch; a time without a zone is one of this machine."""
    ago = _SPAN.fullmatch(text)
    if ago:
        return time.time() - int(ago[1]) * UNITS_S[ago[2]]
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError):
        expected = 'expected "30m", "2h", "7d" or a time such as 2026-11-25T08:00'
        raise typer.BadParameter(f"{expected}, found {text!r}", param_hint=option) from None
