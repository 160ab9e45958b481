"""From what somebody says to the model that is in use: noted, guarded, learned, taken back."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from ecluse.adapters.models import folder
from ecluse.adapters.models.acts import FolderActs
from ecluse.adapters.models.folder import FolderModels, client_layer, client_snapshot
from ecluse.adapters.models.layer_file import LayerHeader, read_layer, write_dense
from ecluse.domain.act import TOKENS_VERSION, Channel, Standing
from ecluse.domain.errors import Impossible
from ecluse.domain.said import Said
from ecluse.entrypoints import teaching as teaching_module
from ecluse.entrypoints.teaching import Teaching
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.replay import packed
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from tests.unit.filtering.learning.mail import letter, raw, stream

NUMBERS = itertools.count(100)  # Each message is another one.


@pytest.fixture(autouse=True)
def _looks_each_time(monkeypatch):
    monkeypatch.setattr(folder, "LOOK_EVERY_S", 0.0)


@pytest.fixture
def teaching(tmp_path):
    return Teaching(tmp_path, FolderActs(tmp_path), clock=lambda: 1_764_000_000.0)


def said(client, octets, is_spam, number, channel=Channel.ADMINISTRATOR, voter="ann"):
    tokens = packed(tokens_of(letter(octets)))
    return Said(client, channel, voter, f"m{number}", is_spam, tokens, tokens_version=TOKENS_VERSION)


def teach(teaching, client, messages, **how):
    return [teaching.take(said(client, octets, is_spam, next(NUMBERS), **how)) for octets, is_spam in messages]


def common(root):
    layer = DenseLayer()
    classifier = Classifier((), layer)
    for octets, is_spam in stream(150, seed=9):
        classifier.learn(tokens_of(letter(octets)), is_spam=is_spam)
    header = LayerHeader(version="c", shape="dense", entries=len(layer.weights), learned=layer.lessons)
    write_dense(root / "common.layer", header, layer.weights)


def log_odds(root, client, octets):
    return Classifier(FolderModels(root).find(client).layers).weigh(tokens_of(letter(octets))).log_odds


def test_what_a_client_teaches_counts_for_its_mail_and_for_nobody_elses(tmp_path, teaching):
    common(tmp_path)
    others = [log_odds(tmp_path, "B", octets) for octets, _ in stream(30, seed=5)]
    teach(teaching, "A", [(raw("casino prize winner newsletter"), False)] * 12)
    assert teaching.build("A")
    assert log_odds(tmp_path, "A", raw("casino prize winner newsletter")) < 0
    assert log_odds(tmp_path, "B", raw("casino prize winner newsletter")) > 0
    assert [log_odds(tmp_path, "B", octets) for octets, _ in stream(30, seed=5)] == others


def test_five_malicious_labels_in_a_hundred_change_no_other_clients_verdicts(tmp_path, teaching):
    common(tmp_path)
    teach(teaching, "B", stream(20, seed=6))
    teaching.build("B")
    messages = stream(100, seed=3)
    poisoned = [(octets, is_spam ^ (n % 20 == 0)) for n, (octets, is_spam) in enumerate(messages)]
    before = {client: [log_odds(tmp_path, client, octets) for octets, _ in messages] for client in "ABC"}
    teach(teaching, "A", poisoned)
    teaching.build("A")
    after = {client: [log_odds(tmp_path, client, octets) for octets, _ in messages] for client in "ABC"}
    # B has taught something itself, C nothing. That A's verdicts changed shows that the poison was taken in at all.
    assert (after["B"], after["C"]) == (before["B"], before["C"])
    assert after["A"] != before["A"]


def test_taking_an_act_back_makes_the_model_as_if_it_had_never_been(tmp_path, teaching):
    messages = stream(8)
    teach(teaching, "A", messages[:7])
    teaching.build("A")
    without = read_layer(client_layer(tmp_path, "A"))
    teach(teaching, "A", messages[7:])
    teaching.build("A")
    everywhere = np.arange(1 << 22, dtype=np.uint32)
    assert (read_layer(client_layer(tmp_path, "A")).weights_of(everywhere) != without.weights_of(everywhere)).any()
    teaching.undo("A", 8, "operator")
    teaching.build("A")
    assert (read_layer(client_layer(tmp_path, "A")).weights_of(everywhere) == without.weights_of(everywhere)).all()


def weights(root, client):
    return read_layer(client_layer(root, client)).weights_of(np.arange(1 << 22, dtype=np.uint32))


def without_snapshot(root, teaching, client):
    """What all acts teach from the first to the last."""
    client_snapshot(root, client).unlink()
    assert teaching.build(client)
    return weights(root, client)


def test_what_is_learned_in_steps_is_what_is_learned_at_once(tmp_path, teaching, monkeypatch):
    common(tmp_path)
    messages = stream(30, seed=7)
    teach(teaching, "A", messages[:20])
    teaching.build("A")
    learned = []
    learn = Classifier.learn
    monkeypatch.setattr(Classifier, "learn", lambda *a, **k: (learned.append(1), learn(*a, **k)))
    teach(teaching, "A", messages[20:])
    teaching.build("A")
    assert 0 < len(learned) <= 10
    in_steps = weights(tmp_path, "A")
    assert (in_steps == without_snapshot(tmp_path, teaching, "A")).all()
    teaching.undo("A", 3, "operator")
    teaching.build("A")
    assert (weights(tmp_path, "A") != in_steps).any()
    assert (weights(tmp_path, "A") == without_snapshot(tmp_path, teaching, "A")).all()


def test_over_another_common_layer_everything_is_learned_anew(tmp_path, teaching):
    teach(teaching, "A", stream(20, seed=7))
    teaching.build("A")
    common(tmp_path)
    teaching.build("A")
    over_it = weights(tmp_path, "A")
    assert (over_it == without_snapshot(tmp_path, teaching, "A")).all()


@pytest.mark.parametrize("octets", [b"", b"PK", b"\0" * 400])
def test_a_snapshot_that_is_damaged_is_made_anew(tmp_path, teaching, octets):
    teach(teaching, "A", stream(20, seed=7))
    teaching.build("A")
    expected = weights(tmp_path, "A")
    client_snapshot(tmp_path, "A").write_bytes(octets)
    assert teaching.build("A")
    assert (weights(tmp_path, "A") == expected).all()


@pytest.mark.parametrize("name", ["places", "weights", "squares", "lessons", "spam_lessons"])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_snapshot_whose_arrays_do_not_fit_is_made_anew(tmp_path, teaching, name, is_there):
    teach(teaching, "A", stream(20, seed=7))
    teaching.build("A")
    expected, path = weights(tmp_path, "A"), client_snapshot(tmp_path, "A")
    with np.load(path) as file:
        arrays = {each: file[each] for each in file.files if each != name}
    if is_there:
        arrays[name] = np.array([1 << 30, 7, 9])
    np.savez(path, **arrays)
    assert teaching.build("A")
    assert (weights(tmp_path, "A") == expected).all()


def old(path):
    """The layer as another version would have made it."""
    octets = path.read_bytes()
    path.write_bytes(octets.replace(b"\xa6tokens" + bytes([TOKENS_VERSION]), b"\xa6tokens\x01", 1))
    assert path.read_bytes() != octets


def torn(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("spoil", [old, torn])
def test_layers_that_cannot_be_used_are_done_without(tmp_path, teaching, spoil):
    teach(teaching, "A", stream(20, seed=7))
    teaching.build("A")
    expected = weights(tmp_path, "A")
    common(tmp_path)
    for path in (tmp_path / "common.layer", client_layer(tmp_path, "A")):
        spoil(path)
    client_snapshot(tmp_path, "A").unlink()
    restarted = Teaching(tmp_path, FolderActs(tmp_path))
    assert restarted.build("A")
    assert (weights(tmp_path, "A") == expected).all()


def test_acts_whose_tokens_meant_something_else_teach_nothing(tmp_path, teaching):
    octets = raw("casino prize winner")
    assert teaching.take(replace(said("A", octets, True, 1), tokens_version=1)) is Standing.IGNORED
    acts = FolderActs(tmp_path)
    teach(teaching, "A", stream(10, seed=7))
    # As they stand in the log of who has taught before the update: good acts, learned then.
    written = [replace(act, tokens_version=1, standing=Standing.LEARNED) for act in acts.read("A")]
    replayed = Teaching(tmp_path, Frozen(written))
    replayed.build("A")
    assert not weights(tmp_path, "A").any()
    teaching.build("A")
    assert weights(tmp_path, "A").any()


def test_a_client_that_is_forgotten_leaves_nothing(tmp_path, teaching):
    teach(teaching, "A", stream(5))
    teaching.build("A")
    FolderActs(tmp_path).erase("A")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_act_is_taken_back_once(teaching):
    teach(teaching, "A", stream(2))
    teaching.undo("A", 1, "operator")
    for number in (1, 3, 99):
        with pytest.raises(Impossible):
            teaching.undo("A", number, "operator")


def test_a_lone_voter_against_the_model_changes_nothing_until_somebody_agrees(tmp_path, teaching):
    common(tmp_path)
    octets = raw(" ".join(["casino prize winner pills lottery claim bonus"] * 3))
    before = log_odds(tmp_path, "A", octets)
    assert before > 6
    assert teaching.take(said("A", octets, False, 1, Channel.RECIPIENT, "ann")) is Standing.WAITING
    teaching.build("A")
    assert log_odds(tmp_path, "A", octets) == before
    assert teaching.take(said("A", octets, False, 1, Channel.RECIPIENT, "bob")) is Standing.LEARNED
    teaching.build("A")
    assert log_odds(tmp_path, "A", octets) < before


def test_a_version_that_does_worse_on_the_shadow_set_does_not_go_live(tmp_path, teaching):
    teach(teaching, "A", [(octets, is_spam) for octets, is_spam in stream(90, noise=0.1)])
    assert teaching.build("A")
    live = client_layer(tmp_path, "A").read_bytes()
    teach(teaching, "A", [(octets, not is_spam) for octets, is_spam in stream(400, seed=4, noise=0.0)])
    acts = list(FolderActs(tmp_path).read("A"))
    assert sum(act.standing is Standing.SHADOW for act in acts) >= 5
    # The shadow set must not be the attacker's: only what was said before the attack is asked.
    honest = [act for act in acts if act.number <= 90 or act.standing is not Standing.SHADOW]
    replayed = Teaching(tmp_path, Frozen(honest))
    assert not replayed.build("A")
    assert client_layer(tmp_path, "A").read_bytes() == live


class Frozen:
    """A log that is read only."""

    def __init__(self, acts):
        self._acts = acts

    def read(self, client):
        return iter(self._acts)


def test_who_changes_his_mind_takes_back_what_he_said(tmp_path, teaching):
    octets = raw("casino prize winner")
    teaching.take(said("A", octets, True, 1))
    teaching.take(said("A", octets, False, 1))
    assert [(act.number, act.undoes) for act in FolderActs(tmp_path).read("A")] == [(1, 0), (2, 1), (3, 0)]
    teaching.build("A")
    assert log_odds(tmp_path, "A", octets) < 0


def test_who_says_it_twice_has_one_vote(tmp_path, teaching):
    octets = raw("casino prize winner")
    assert teaching.take(said("A", octets, True, 1)) is Standing.LEARNED
    teaching.build("A")
    once = log_odds(tmp_path, "A", octets)
    assert teaching.take(said("A", octets, True, 1)) is Standing.IGNORED
    teaching.build("A")
    assert log_odds(tmp_path, "A", octets) == once


def test_each_act_costs_one_reading_of_what_is_new(tmp_path, monkeypatch):
    read, read_on = [], FolderActs.read_on

    def counted(self, client, place):
        place, acts = read_on(self, client, place)
        read.extend(acts)
        return place, acts

    monkeypatch.setattr(FolderActs, "read_on", counted)
    teaching = Teaching(tmp_path, FolderActs(tmp_path))
    teach(teaching, "A", stream(20, seed=8))
    teaching.take(said("A", raw("casino"), True, 1))
    teaching.take(said("A", raw("casino"), False, 1))
    # Twenty of before, the first vote, and its taking back, which is noted before the second one.
    assert [act.number for act in read] == list(range(1, 23))


def test_a_client_that_was_erased_begins_anew(tmp_path, teaching):
    teach(teaching, "A", stream(3, seed=8))
    FolderActs(tmp_path).erase("A")
    teach(teaching, "A", stream(2, seed=9))
    assert [act.number for act in FolderActs(tmp_path).read("A")] == [1, 2]


def test_of_many_clients_few_ledgers_are_kept(tmp_path, teaching, monkeypatch):
    monkeypatch.setattr(teaching_module, "MAX_LEDGERS", 2)
    for client in "ABCA":
        teach(teaching, client, stream(2, seed=8))
    assert list(teaching._ledgers) == ["C", "A"]
    assert [act.number for act in FolderActs(tmp_path).read("A")] == [1, 2, 3, 4]
