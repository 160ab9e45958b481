"""`ecluse reports`: what others report about our clients' domains, and what we report about theirs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from ecluse.adapters.sqlite.received_reports import SqliteReports
from ecluse.domain.errors import Impossible
from ecluse.domain.received_report import ReceivedReport, ReportSource
from ecluse.entrypoints.options import ConfigOption, DataDirOption, JsonOption, find_node, read_settings
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.terminal import clock_time, print_json, print_table
from ecluse.mta.reports.writing import Written, period_of

DAY_S = 86_400.0
SHORT_ID = 16

app = typer.Typer(no_args_is_help=True, help="DMARC aggregate reports and TLS reports.")

DomainOption = Annotated[
    str, typer.Option("--domain", metavar="D", help="Only this domain and those below it.", show_default=False)
]
DaysOption = Annotated[int, typer.Option("--days", metavar="N", min=1, max=3_650, help="Received in so many days.")]


@app.command("list")
def list_reports(
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    domain: DomainOption = "",
    days: DaysOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Print who reported about which domain, and how many messages or sessions passed and failed."""
    paths = find_node(config, data_dir).paths
    found = _found(paths, domain=domain.lower(), since=time.time() - days * DAY_S)
    if as_json:
        for report in found:
            print_json(_as_json(report))
        return
    columns = ("received", "id", "kind", "domain", "reporter", "proven", "day", "policy", "passed", "failed")
    print_table(columns, [_row(report) for report in found])


@app.command()
def show(
    prefix: Annotated[str, typer.Argument(metavar="ID", help="The mail that brought it, by the beginning of its id.")],
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what one mail reports, source by source."""
    found = list(_found(find_node(config, data_dir).paths, mail_id=prefix.lower()))
    if not found:
        raise Impossible(f"no report came by a message whose id begins with {prefix}")
    if as_json:
        for report in found:
            print_json({**_as_json(report), "sources": list(map(_source_as_json, report.sources))})
        return
    print_table(("domain", "source", "passed", "failed", "detail"), [row for one in found for row in _lines(one)])


@app.command()
def write(
    *,
    config: ConfigOption = None,
    day: Annotated[
        str, typer.Option("--day", metavar="DATE", help="The day (UTC), 2026-11-26. Default: yesterday.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Write our own reports of a day. They are sent where [reports] send is true, each once."""
    settings = read_settings(config)
    chosen = day or datetime.fromtimestamp(time.time() - DAY_S, UTC).strftime("%Y-%m-%d")
    try:
        period_of(chosen)
    except ValueError:
        raise typer.BadParameter(f"expected a day such as 2026-11-26, found {day!r}", param_hint="--day") from None
    find_node(config, None)  # Root goes on as the node's user.
    # Imported only now: it brings prometheus_client along, whose mode `ecluse mta` chooses at its import.
    from ecluse.entrypoints.own_reports import write_reports  # noqa: PLC0415 - the reason stands above.

    written = asyncio.run(write_reports(settings, chosen))
    if as_json:
        for one in written:
            print_json({**asdict(one), "destinations": list(map(str, one.destinations))})
        return
    columns = ("kind", "domain", "count", "destinations", "sent", "file")
    print_table(columns, [_written_row(one) for one in written])


def _written_row(one: Written) -> tuple[str, ...]:
    return one.kind, one.domain, str(one.count), ", ".join(map(str, one.destinations)), str(one.sent), one.file


def _found(paths: DataPaths, *, domain: str = "", since: float = 0.0, mail_id: str = "") -> Iterator[ReceivedReport]:
    """Nothing where no report ever came: a look must not make files."""
    if not paths.received_reports.exists():
        return
    reports = SqliteReports(paths.received_reports)
    try:
        yield from reports.find(domain=domain, since=since, mail_id=mail_id)
    finally:
        reports.close()


def _row(report: ReceivedReport) -> tuple[str, ...]:
    return (
        clock_time(report.mail.received_at),
        report.mail.id[:SHORT_ID],
        report.kind,
        report.domain,
        report.reporter,
        report.mail.proven or "nobody",
        datetime.fromtimestamp(report.begin, UTC).strftime("%Y-%m-%d"),
        report.policy,
        str(report.passed),
        str(report.failed),
    )


def _lines(report: ReceivedReport) -> list[tuple[str, ...]]:
    return [(report.domain, one.source, str(one.passed), str(one.failed), one.detail) for one in report.sources]


def _source_as_json(one: ReportSource) -> dict[str, object]:
    return {"source": one.source, "passed": one.passed, "failed": one.failed, "detail": one.detail}


def _as_json(report: ReceivedReport) -> dict[str, object]:
    return {
        "id": report.mail.id,
        "client": report.mail.client,
        "received_at": report.mail.received_at,
        "kind": report.kind,
        "domain": report.domain,
        "reporter": report.reporter,
        "proven": report.mail.proven,
        "report_id": report.report_id,
        "begin": report.begin,
        "end": report.end,
        "policy": report.policy,
        "passed": report.passed,
        "failed": report.failed,
    }
