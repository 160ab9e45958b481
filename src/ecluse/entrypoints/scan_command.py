"""`ecluse scan`: what would become of message files, and why."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.models.folder import FolderModels
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import Impossible
from ecluse.domain.language import Language
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.domain.reader import Reader
from ecluse.domain.verdict import Disposition, Verdict
from ecluse.entrypoints.explaining import (
    ExplainOption,
    ReaderOption,
    Reasons,
    explanation_json,
    print_explanation,
    reasons,
)
from ecluse.entrypoints.legend import LanguageOption, locale_language, print_legend
from ecluse.entrypoints.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from ecluse.entrypoints.own_room import OwnRoom
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.scan import NoLists, ScanReport, as_sent, scan_message
from ecluse.entrypoints.settings import load_settings
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.terminal import BAD, GOOD, LATER, Cell, ExitCode, coloured, complain, print_json, print_table
from ecluse.filtering.body import read_body
from ecluse.filtering.collect import Sources
from ecluse.filtering.explanation import Explanation, Weighed
from ecluse.filtering.explanation import explain as explain_verdict
from ecluse.filtering.files import FileOpening
from ecluse.filtering.learning.letter import Arrival, read_letter
from ecluse.filtering.meanings import MEANINGS
from ecluse.filtering.weights import score
from ecluse.wire.mime.addresses import AddressSyntax, parse_addr_spec
from ecluse.wire.mime.fields import split_head

MAX_FILE_BYTES = 268_435_456  # Far beyond any message that is accepted: such a file is no message.
HOSTNAME = "scan.invalid"  # RFC 2606: neither a client's domain nor in anybody's trace.
FILES_S = 19.0  # For all files of a message; its collector gives up after 20.
NOBODY = f"nobody@{HOSTNAME}"
COLOURS = {
    Disposition.DELIVER: GOOD,
    Disposition.HOLD: LATER,
    Disposition.DEFER: LATER,
    Disposition.REFUSE: BAD,
}


@dataclass(frozen=True, slots=True)
class Bench:
    """What messages are judged with."""

    envelope: Envelope
    peer: Peer
    policy: Policy
    sources: Sources  # But for the files, which are opened in the room.
    room: OwnRoom


def scan(  # noqa: PLR0913 - one argument per option.
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help='Message files; "-" is standard input.')],
    *,
    config: ConfigOption = None,
    helo: Annotated[str, typer.Option("--helo", metavar="NAME", help="What the sending server called itself.")] = "",
    sender: Annotated[
        str, typer.Option("--from", metavar="ADDRESS", help="The envelope sender; empty is the null sender.")
    ] = "",
    recipients: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="ADDRESS", help="A recipient: the policy of his domain applies. May be repeated."),
    ] = None,
    ip: Annotated[str, typer.Option("--ip", metavar="IP", help="The address of the sending server.")] = "",
    explain: ExplainOption = False,
    reader: ReaderOption = Reader.ADMINISTRATOR,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge message files as the gateway would: exit 1 when one would not be delivered.

    With --config the policy and the virus scanner of that node are asked; without, the defaults apply.
    """
    envelope = Envelope(
        _address(sender, "--from") if sender else None,
        tuple(Recipient(_address(text, "--to")) for text in recipients or (NOBODY,)),
    )
    bench = _bench(_find_settings(config), envelope, Peer(ip, helo=helo, is_esmtp=True))
    reports = asyncio.run(_scan_all(files, bench))
    tongue = language or locale_language()
    whys = [
        _why(file, report, bench, reader, tongue) if explain else None
        for file, report in zip(files, reports, strict=True)
    ]
    if as_json:
        print_json([_as_json(*each) for each in zip(files, reports, whys, strict=True)])
    else:
        _print(files, reports, language)
        for file, why in zip(files, whys, strict=True):
            if why is not None:
                print_explanation(str(file), *why, tongue)
    if any(report.verdict.disposition is not Disposition.DELIVER for report in reports):
        raise typer.Exit(ExitCode.NO)


def _find_settings(config: Path | None) -> Settings | None:
    """A file that was named must be there; the default one may be missing."""
    if config is not None:
        return load_settings(config)
    return load_settings(DEFAULT_CONFIG) if DEFAULT_CONFIG.exists() else None


def _bench(settings: Settings | None, envelope: Envelope, peer: Peer) -> Bench:
    domain = envelope.recipients[0].address.domain
    default = Policy(client="", domain=domain, routes=())
    if settings is None:
        return Bench(envelope, peer, default, Sources(NoLists(), None, HOSTNAME), OwnRoom())
    room = OwnRoom(settings.opening)
    scanner = None
    if settings.scanners.clamd is not None:
        scanner = ClamdScanner(settings.scanners.clamd, timeout_s=settings.scanners.clamd_timeout_s)
    whole = settings.scanners.clamd_whole_messages
    paths = DataPaths(settings.data_dir)
    policies, models = LmdbPolicies(paths.policy), FolderModels(paths.models)
    if not policies.has_policy:
        complain(f"no policy was published in {settings.data_dir} yet: the defaults apply")
        sources = Sources(NoLists(), scanner, settings.hostname, models=models, scans_whole_messages=whole)
        return Bench(envelope, peer, default, sources, room)
    served = policies.domain(domain)
    if served is None and domain != HOSTNAME:
        complain(f"{domain} is no domain of a client: the defaults apply")
    sources = Sources(policies, scanner, settings.hostname, models=models, scans_whole_messages=whole)
    return Bench(envelope, peer, served or default, sources, room)


async def _scan_all(files: list[Path], bench: Bench) -> list[ScanReport]:
    sources = replace(bench.sources, files=FileOpening(bench.room, FILES_S))
    reports = []
    try:
        for file in files:
            report = await scan_message(_read(file), bench.envelope, bench.peer, bench.policy, sources)
            reports.append(report)
    finally:
        await bench.room.close()
    return reports


def _read(file: Path) -> bytes:
    try:
        with nullcontext(sys.stdin.buffer) if os.fspath(file) == "-" else file.open("rb") as source:
            octets = source.read(MAX_FILE_BYTES + 1)
    except OSError as problem:
        raise typer.BadParameter(f"{file} cannot be read: {problem.strerror}", param_hint="FILE") from problem
    if len(octets) > MAX_FILE_BYTES:
        raise Impossible(f"{file}: larger than {MAX_FILE_BYTES} octets, which no message is")
    return octets


def _address(text: str, option: str) -> Address:
    try:
        mailbox = parse_addr_spec(text.encode("utf-8", "surrogateescape"))
    except AddressSyntax as problem:
        raise typer.BadParameter(f"{text!r} is no address: {problem}", param_hint=option) from problem
    return Address(mailbox.local, mailbox.domain.lower())


def _print(files: list[Path], reports: list[ScanReport], language: Language | None) -> None:
    rows = [_cells(file, report) for file, report in zip(files, reports, strict=True)]
    print_table(("file", "verdict", "score", "findings", "reason"), rows)
    print_legend((code for report in reports for code in report.symbols), language)


def _cells(file: Path, report: ScanReport) -> tuple[Cell, ...]:
    verdict = report.verdict
    word = f"{verdict.disposition} {verdict.category}".rstrip()
    return (
        str(file),
        coloured(word, COLOURS[verdict.disposition]),
        f"{verdict.score:g}",
        ", ".join(_findings(verdict)),
        verdict.reason,
    )


def _why(
    file: Path, report: ScanReport, bench: Bench, reader: Reader, language: Language
) -> tuple[Explanation, Reasons]:
    """The explanation for a reader, and for the provider the classifier's words too."""
    verdict = report.verdict
    found = (Weighed(one.code, one.detail, round(score((one,), bench.policy), 3)) for one in verdict.findings)
    explanation = explain_verdict(verdict.disposition, verdict.category, found, reader, language)
    models = bench.sources.models
    if reader is not Reader.PROVIDER or models is None or os.fspath(file) == "-":
        return explanation, ()
    content = MemoryContent(as_sent(_read(file)))
    section, sender = split_head(content), bench.envelope.sender
    arrival = Arrival(bench.peer.ip, bench.peer.helo, str(sender) if sender else "")
    letter = read_letter(section, read_body(content, section), arrival)
    return explanation, reasons(letter, models.find(bench.policy.client))


def _as_json(file: Path, report: ScanReport, why: tuple[Explanation, Reasons] | None) -> dict[str, object]:
    verdict = report.verdict
    more = {} if why is None else {"explanation": explanation_json(*why)}
    return more | {
        "file": str(file),
        "verdict": verdict.disposition,
        "category": verdict.category,
        "score": verdict.score,
        "reason": verdict.reason,
        "symbols": report.symbols,
        "reasons": report.reasons,
        "findings": _findings(verdict),
        "meanings": {code: {"en": MEANINGS[code].en, "fr": MEANINGS[code].fr} for code in report.symbols},
    }


def _findings(verdict: Verdict) -> list[str]:
    return [f"{one.code}: {one.detail}" if one.detail else one.code for one in verdict.findings]
