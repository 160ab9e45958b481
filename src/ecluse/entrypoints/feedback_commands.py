"""`ecluse feedback`: what messages were, said by people; the client's model learns it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.domain.act import TOKENS_VERSION, Channel
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible
from ecluse.domain.said import Said
from ecluse.entrypoints.feedback import hand_over, voter_name
from ecluse.entrypoints.message_files import messages_in
from ecluse.entrypoints.options import ConfigOption, DataDirOption, JsonOption, Node, find_node
from ecluse.entrypoints.scan import as_sent
from ecluse.entrypoints.terminal import print_json, say
from ecluse.filtering.learning.judged import sample_of

# A sender who wants in says "ham" of all he sends, and a release is ordered where the message is held.
SPOKEN = (Channel.ADMINISTRATOR, Channel.RECIPIENT, Channel.REPORT, Channel.OPERATOR)

app = typer.Typer(no_args_is_help=True, help="What messages were: spam or ham, said by people.")

FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Message files, mbox files, Maildir or other folders of messages.")
]
ClientOption = Annotated[str, typer.Option("--client", metavar="NAME", help="Whose mail it is; its model learns.")]
ChannelOption = Annotated[
    Channel,
    typer.Option("--channel", metavar="WORD", help=f"How you heard of it: {', '.join(SPOKEN)}. It decides the trust."),
]
VoterOption = Annotated[
    str, typer.Option("--voter", metavar="ADDRESS", help="Who says so, if not you; kept as a keyed hash.")
]


@dataclass(frozen=True, slots=True)
class Label:
    """What is said of all these messages."""

    client: str
    channel: Channel
    voter: str
    is_spam: bool


@app.command()
def spam(
    files: FilesArgument,
    *,
    client: ClientOption,
    channel: ChannelOption = Channel.ADMINISTRATOR,
    voter: VoterOption = "",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """These messages are spam that was let pass."""
    handed_over = _hand_over(files, Label(client, channel, voter, is_spam=True), find_node(config, data_dir))
    _report(handed_over, client, as_json=as_json)


@app.command()
def ham(
    files: FilesArgument,
    *,
    client: ClientOption,
    channel: ChannelOption = Channel.ADMINISTRATOR,
    voter: VoterOption = "",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """These messages are honest, whatever they were taken for."""
    handed_over = _hand_over(files, Label(client, channel, voter, is_spam=False), find_node(config, data_dir))
    _report(handed_over, client, as_json=as_json)


def _hand_over(files: list[Path], label: Label, node: Node) -> int:
    if label.channel not in SPOKEN:
        raise typer.BadParameter(f"expected one of {', '.join(SPOKEN)}", param_hint="--channel")
    if not label.client or label.client != label.client.strip():
        raise typer.BadParameter("expected the name of a client, as in policy.toml", param_hint="--client")
    policies = LmdbPolicies(node.paths.policy)
    if policies.has_policy and not policies.has_client(label.client):
        raise typer.BadParameter(f"no client is named {label.client!r} in the policy", param_hint="--client")
    return hand_over(node.paths, _everything_said(files, label, node))


def _everything_said(files: list[Path], label: Label, node: Node) -> Iterator[Said]:
    person = voter_name(node.paths, label.voter) if label.voter else node.operator
    for file in track(files, "Reading", console=Console(stderr=True), transient=True):
        for octets in messages_in(file):
            sample = sample_of(MemoryContent(as_sent(octets)))
            yield Said(
                label.client,
                label.channel,
                person,
                sample.message,
                label.is_spam,
                sample.tokens,
                tokens_version=TOKENS_VERSION,
            )


def _report(count: int, client: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"client": client, "handed_over": count})
    else:
        say(f"{count} messages are handed over; `ecluse learn acts {client}` shows what becomes of them")
    if not count:
        raise Impossible("no message was found there")
