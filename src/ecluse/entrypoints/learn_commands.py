"""`ecluse learn`: the models of the classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from ecluse.adapters.models.acts import FolderActs
from ecluse.adapters.models.layer_file import LayerHeader, write_dense
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible
from ecluse.domain.said import Said
from ecluse.entrypoints.evaluation.index import Entry, read_index
from ecluse.entrypoints.feedback import hand_over
from ecluse.entrypoints.options import ConfigOption, DataDirOption, JsonOption, find_node
from ecluse.entrypoints.scan import as_sent
from ecluse.entrypoints.terminal import clock_time, print_json, print_table, say
from ecluse.filtering.body import read_body
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.letter import Letter
from ecluse.filtering.learning.mailbox import letter_on_arrival
from ecluse.filtering.learning.replay import standing_acts
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from ecluse.wire.mime.fields import split_head

app = typer.Typer(no_args_is_help=True, help="The models of the classifier.")

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="The name of the client.")]


@app.command()
def build(
    indices: Annotated[list[Path], typer.Argument(metavar="INDEX", help="Labelled streams, as for `evaluate`.")],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where the layer goes: DATA_DIR/models/common.layer.")
    ],
    version: Annotated[str, typer.Option("--version", metavar="NAME", help="What the evidence will call it.")] = "own",
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, max=20, help="How often all messages are gone through.")
    ] = 1,
) -> None:
    """Make the layer that all clients share, from labelled mail of your own; the same input makes the same file.

    What receivers wrote into the messages is left out, so that the layer learns mail and not mailboxes.
    """
    streams = [read_index(index) for index in indices]
    layer = DenseLayer()
    classifier = Classifier((), layer)
    entries = _mixed(streams) * rounds
    for entry in track(entries, "Learning", console=Console(stderr=True), transient=True):
        classifier.learn(tokens_of(_letter(entry)), is_spam=entry.is_spam)
    header = LayerHeader(
        version=version,
        shape="dense",
        entries=len(layer.weights),
        made_at=max(index.stat().st_mtime for index in indices),
        learned=len(entries),
        learned_spam=layer.spam_lessons,
        provenance=f"ecluse learn build, {len(indices)} streams, {rounds} rounds",
    )
    write_dense(out, header, layer.weights)
    say(f"{out}: learned {len(entries)} messages")


def _mixed(streams: list[tuple[Entry, ...]]) -> list[Entry]:
    """Streams side by side, each at its own pace: none is learned last, and remembered best."""
    placed = [
        (position / len(stream), number, position)
        for number, stream in enumerate(streams)
        for position in range(len(stream))
    ]
    return [streams[number][position] for _, number, position in sorted(placed)]


def _letter(entry: Entry) -> Letter:
    content = MemoryContent(as_sent(entry.read()))
    section = split_head(content)
    return letter_on_arrival(section, read_body(content, section))


@app.command()
def acts(
    client: ClientArgument, *, config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """List what was said of a client's mail, and what became of it."""
    log = list(FolderActs(find_node(config, data_dir).paths.models).read(client))
    if as_json:
        print_json(
            [
                {
                    "number": act.number,
                    "at": act.at,
                    "channel": act.channel,
                    "message": act.message,
                    "is_spam": act.is_spam,
                    "standing": act.standing,
                    "undoes": act.undoes,
                }
                for act in log
            ]
        )
        return
    rows = [
        (
            str(act.number),
            clock_time(act.at),
            act.channel,
            act.message,
            "spam" if act.is_spam else "ham",
            f"takes back {act.undoes}" if act.undoes else act.standing,
        )
        for act in log
    ]
    print_table(("number", "time", "channel", "message", "was", "standing"), rows)


@app.command()
def undo(
    client: ClientArgument,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the act, as `learn acts` shows it.")],
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Take one act back: the agent then learns all others anew."""
    node = find_node(config, data_dir)
    acts = list(FolderActs(node.paths.models).read(client))
    target = next((act for act in standing_acts(acts) if act.number == number), None)
    if target is None:
        raise Impossible(f"there is no act {number}, or it was taken back before")
    order = Said(client, target.channel, node.operator, target.message, target.is_spam, b"", undoes=number)
    hand_over(node.paths, [order])
    say(f"act {number} is taken back as soon as the agent runs")
