"""`scan --explain` and `log --explain`."""

from __future__ import annotations

import json
import time

import pytest

from ecluse.adapters.models.layer_file import LayerHeader, write_dense
from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from tests.unit.entrypoints.cli.conftest import BODY, HELD
from tests.unit.filtering.learning.mail import letter, raw, stream

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


@pytest.fixture
def model(data):
    layer = DenseLayer()
    classifier = Classifier((), layer)
    for octets, is_spam in stream(150, seed=9):
        classifier.learn(tokens_of(letter(octets)), is_spam=is_spam)
    for octets, is_spam in ((BODY, True), (raw("casino"), False)):
        classifier.learn(tokens_of(letter(octets)), is_spam=is_spam)
    header = LayerHeader(version="c", shape="dense", entries=len(layer.weights))
    write_dense(data.paths.models / "common.layer", header, layer.weights)


@pytest.fixture
def spam(tmp_path):
    file = tmp_path / "spam.eml"
    file.write_bytes(raw(f"casino lottery prize\r\n{GTUBE}\r\n"))
    return file


def scanned(run, data, spam, reader):
    [one] = run("scan", spam, "--config", data.config, "--explain", "--reader", reader, "--lang", "en", "--json").json
    return one["explanation"]


@pytest.mark.usefixtures("model")
def test_each_reader_of_a_scan_is_told_what_is_his(run, data, spam):
    recipient, administrator, provider = (
        scanned(run, data, spam, reader) for reader in ("recipient", "administrator", "provider")
    )
    assert (recipient["findings"], recipient["tokens"]) == ([], [])
    assert recipient["sentences"][0] == "It looks like unwanted mail."
    assert (administrator["findings"][0]["code"], administrator["findings"][0]["points"]) == ("GTUBE", 100)
    assert administrator["tokens"] == []
    shares = {one["text"]: one["log_odds"] for one in provider["tokens"]}
    assert any(share > 0 and ("lottery" in text or "prize" in text) for text, share in shares.items())


@pytest.mark.usefixtures("model")
def test_people_read_it_in_french(run, data, spam):
    said = run("scan", spam, "--config", data.config, "--explain", "--reader", "provider", "--lang", "fr").out
    assert "Le message a été refusé ; son expéditeur en a été informé." in said
    assert "Il ressemble à du courrier indésirable." in said
    assert "Les mots qui ont le plus compté" in said


def logged(message_id):
    one = RecipientEvent("ann@a.example", Ending.HELD, "refuse", "Q", 101.0, ("GTUBE", "NO_DATE: x"))
    evidence = EvidenceEvent({"GTUBE": 100.0, "NO_DATE": 1.0})
    more = {"client": "A", "sender": "eve@e.example", "evidence": evidence}
    return MessageEvent(message_id, Stage.OUTCOME, time.time() - 10, recipients=(one,), **more)


@pytest.mark.usefixtures("model")
def test_the_log_explains_by_what_counted_then_and_by_the_copy_that_is_held(run, data):
    data.hold()
    gone = HELD.id[:-1] + "9"
    data.journal(logged(HELD.id), logged(gone))
    ask = ("log", "--data-dir", data.paths.root, "--explain", "--reader", "provider", "--since", "1h", "--lang", "en")
    lines = [json.loads(line) for line in run(*ask, "--json").out.splitlines()]
    why = {line["id"]: line["explanations"][0] for line in lines}
    assert [one["points"] for one in why[gone]["findings"]] == [100, 1]
    assert why[gone]["tokens"] == []
    assert any("hello" in one["text"] for one in why[HELD.id]["tokens"])
    said = run(*ask).out
    assert "+100.00  GTUBE" in said


def test_a_recipient_is_told_no_rule_by_the_log(run, data):
    data.journal(logged(HELD.id))
    said = run(
        "log", "--data-dir", data.paths.root, "--explain", "--reader", "recipient", "--since", "1h", "--lang", "en"
    ).out
    explained = said.partition("\n\n")[2]
    assert "It looks like unwanted mail." in explained
    assert "GTUBE" not in explained
