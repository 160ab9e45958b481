"""`ecluse replay`: what verdicts would have been under another policy."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.lmdb.policies import LmdbPolicies, publish
from ecluse.domain.errors import Impossible
from ecluse.domain.event import MessageEvent, RecipientEvent, Stage
from ecluse.domain.evidence import Unknown
from ecluse.domain.incoming import Direction
from ecluse.domain.verdict import Disposition
from ecluse.entrypoints.log_command import moment
from ecluse.entrypoints.options import ConfigOption, DataDirOption, JsonOption, find_node
from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.terminal import Cell, ExitCode, print_json, print_table, say
from ecluse.filtering.rejudging import rejudge
from ecluse.ports.policies import Policies

COLUMNS = ("client", "verdict was", "would be", "recipients", "messages, by their ids")


@dataclass(slots=True)
class Tally:
    """What came out for one client; verdicts are counted, one for each recipient."""

    judged: int = 0
    same: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], dict[str, None]] = field(default_factory=lambda: defaultdict(dict))


def replay(  # noqa: PLR0913 - one argument per filter.
    *,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="The policy.toml to be tried.")],
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help='As for `log`: "30m", "7d", a time.')] = "7d",
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help="As --since; empty is now.")] = "",
    client: Annotated[str, typer.Option("--client", metavar="C", help="Only this client's mail.")] = "",
    examples: Annotated[int, typer.Option("--examples", min=0, max=1_000, help="Ids shown of each change.")] = 3,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge logged inbound mail again under another policy and print what would change: exit 1 where anything would.

    Weights, thresholds and lists are tried; nothing is published. The findings are those of then, compared with the
    policy that is published now: what they cannot tell is counted as unknown, never guessed.
    """
    paths = find_node(config, data_dir).paths
    start, end = moment(since, "--since"), moment(until, "--until") if until else time.time()
    before = LmdbPolicies(paths.policy)
    if not before.has_policy:
        raise Impossible("no policy was ever published here: there is nothing to compare with")
    with TemporaryDirectory(prefix="ecluse-replay-") as folder:
        publish(Path(folder), load_policy(policy))
        events = _shown(read_events(paths.journal, since=start, until=end), start, end)
        tallies = _replay(events, client.casefold(), before, LmdbPolicies(Path(folder)), examples)
    _print(tallies, as_json=as_json)
    if any(tally.changes for tally in tallies.values()):
        raise typer.Exit(ExitCode.NO)


def _shown(events: Iterable[MessageEvent], start: float, end: float) -> Iterator[MessageEvent]:
    """The events, with a bar that moves with their time; only on a terminal."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Judging again", total=max(end - start, 1.0))
        for event in events:
            progress.update(task, completed=event.at - start)
            yield event


def _replay(
    events: Iterable[MessageEvent], client: str, before: Policies, after: Policies, examples: int
) -> dict[str, Tally]:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for event in events:
        is_wanted = event.stage is Stage.OUTCOME and event.direction == Direction.INBOUND
        if is_wanted and client in {"", event.client.casefold()}:
            for one in event.recipients:
                _count(tallies[event.client], event, one, rejudge_words(event, one, before, after), examples)
    return dict(sorted(tallies.items()))


def rejudge_words(event: MessageEvent, one: RecipientEvent, before: Policies, after: Policies) -> str | Unknown:
    """What would be said in one word, "refuse Q"."""
    verdict = rejudge(event, one, before, after)
    return verdict if isinstance(verdict, Unknown) else _word(verdict.disposition, verdict.category)


def _count(tally: Tally, event: MessageEvent, one: RecipientEvent, would_be: str | Unknown, examples: int) -> None:
    tally.judged += 1
    was = _word(one.disposition, one.category)
    if isinstance(would_be, Unknown):
        tally.unknown[would_be.reason] += 1
    elif would_be == was:
        tally.same += 1
    else:
        tally.changes[was, would_be] += 1
        if len(tally.examples[was, would_be]) < examples:
            tally.examples[was, would_be][event.id] = None


def _word(disposition: str, category: str) -> str:
    return f"{disposition or Disposition.DELIVER} {category}".rstrip()


def _print(tallies: dict[str, Tally], *, as_json: bool) -> None:
    if as_json:
        print_json({"clients": [_as_json(client, tally) for client, tally in tallies.items()]})
        return
    rows = [row for client, tally in tallies.items() for row in _rows(client, tally)]
    if rows:
        print_table(COLUMNS, rows)
        say()
    judged, same = (sum(getattr(tally, name) for tally in tallies.values()) for name in ("judged", "same"))
    unknown = sum((tally.unknown for tally in tallies.values()), Counter[str]())
    say(f"{judged} verdicts: {same} the same, {judged - same - unknown.total()} others, {unknown.total()} unknown")
    for reason, count in unknown.most_common():
        say(f"unknown {count}: {reason}")


def _rows(client: str, tally: Tally) -> Iterator[tuple[Cell, ...]]:
    for (was, would_be), count in tally.changes.most_common():
        yield client, was, would_be, str(count), ", ".join(tally.examples[was, would_be])


def _as_json(client: str, tally: Tally) -> dict[str, object]:
    changes = [
        {"was": was, "would_be": would_be, "count": count, "examples": list(tally.examples[was, would_be])}
        for (was, would_be), count in tally.changes.most_common()
    ]
    return {
        "client": client,
        "judged": tally.judged,
        "same": tally.same,
        "unknown": dict(tally.unknown),
        "changes": changes,
    }
