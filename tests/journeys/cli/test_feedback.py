"""What people say of mail to a running node moves the model of their client, of nobody else, and can be taken back."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest

from ecluse.adapters.models.folder import FolderModels
from ecluse.adapters.models.layer_file import LayerHeader, write_dense
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from tests.journeys.cli.conftest import POLICY, eventually
from tests.unit.filtering.learning.mail import letter, raw, stream

# In pieces, so that no scanner takes this file for the test file itself.
SPAM = raw(
    "casino prize winner XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n",
    Date="Wed, 25 Nov 2026 08:00:00 +0000",
)
B = POLICY.replace('"A"', '"B"').replace("a.example", "b.example").replace("e.example", "f.example")


@pytest.fixture
def taught(node, client_server):
    """The node, with two clients and a layer that both share."""
    policy = (POLICY + B).format(next_hop=client_server.port)
    (node.folder / "policy.toml").write_text(policy, "utf-8")
    layer = DenseLayer()
    classifier = Classifier((), layer)
    for octets, is_spam in stream(150, seed=9):
        classifier.learn(tokens_of(letter(octets)), is_spam=is_spam)
    header = LayerHeader(version="c", shape="dense", entries=len(layer.weights))
    write_dense(node.data / "models" / "common.layer", header, layer.weights)
    return node


def log_odds(node, client, octets):
    return Classifier(FolderModels(node.data / "models").find(client).layers).weigh(tokens_of(letter(octets))).log_odds


def acts(node, client):
    return [(act["channel"], act["standing"]) for act in node.run("learn", "acts", client, "--json").json]


def test_a_release_moves_the_model_of_that_client_and_undo_moves_it_back(taught):
    taught.start()
    before = {client: log_odds(taught, client, SPAM) for client in "AB"}
    assert taught.send(SPAM, "ann@a.example", "bob@a.example").startswith("250")
    [held] = taught.run("quarantine", "list", "--json").json
    assert taught.run("quarantine", "release", held["id"]).code == 0
    eventually(lambda: log_odds(taught, "A", SPAM) < before["A"])
    assert log_odds(taught, "B", SPAM) == before["B"]
    assert acts(taught, "A") == [("administrator", "learned")]
    assert taught.run("learn", "undo", "A", "1").code == 0
    eventually(lambda: log_odds(taught, "A", SPAM) == before["A"])
    assert taught.stop() == 0


def test_a_release_by_the_sender_teaches_nothing(taught):
    taught.start()
    before = log_odds(taught, "A", SPAM)
    taught.send(SPAM, "ann@a.example", "bob@a.example")
    [held] = taught.run("quarantine", "list", "--json").json
    assert taught.run("quarantine", "release", held["id"], "--by", "sender").code == 0
    eventually(lambda: acts(taught, "A") == [("sender-release", "ignored")])
    assert log_odds(taught, "A", SPAM) == before
    message = taught.run("log", "--json").json
    assert message["released_by"] == "sender"
    assert message["points"]["GTUBE"] == 100


def test_poison_from_one_client_changes_no_verdict_of_another(taught):
    """Must hold: five malicious labels in a hundred, on generated mail, through the very door that users have."""
    chance, mail = random.Random(4), stream(200, seed=3)
    for number, (octets, _) in enumerate(mail):
        (taught.folder / f"{number}.eml").write_bytes(octets)
    said = {True: [], False: []}
    for number, (_, is_spam) in enumerate(mail):
        said[is_spam ^ (chance.random() < 0.05)].append(f"{number}.eml")
    tested = [f"{number}.eml" for number in range(0, 200, 10)]
    taught.start()
    verdicts = partial(taught.run, "scan", *tested, "--json", "--to")
    before = {address: verdicts(address).json for address in ("bob@a.example", "bob@b.example")}
    for is_spam, files in said.items():
        taught.run("feedback", "spam" if is_spam else "ham", *files, "--client", "A")
    eventually(lambda: len(acts(taught, "A")) == 200 and not list((taught.data / "feedback").iterdir()))
    assert verdicts("bob@b.example").json == before["bob@b.example"]
    # The same client's did change: the feedback was learned.
    assert verdicts("bob@a.example").json != before["bob@a.example"]
    assert taught.stop() == 0


def test_a_node_with_compiled_loops_takes_mail_and_one_without_does_not_load_them(taught):
    for more, is_loaded in (("", False), ("[filtering]\ncompiled = true\n", True)):
        taught.configure(more)
        taught.start()
        assert taught.send(raw("agenda of the meeting"), "ann@a.example").startswith("250")
        assert ("llvmlite" in Path(f"/proc/{taught.pid}/maps").read_text("utf-8")) is is_loaded
        assert taught.stop() == 0
