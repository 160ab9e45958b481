"""`ecluse learn`."""

from __future__ import annotations

import pytest

from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.models.acts import FolderActs
from ecluse.adapters.models.layer_file import read_layer
from ecluse.domain.act import TOKENS_VERSION, Channel
from ecluse.domain.said import Said
from ecluse.entrypoints.feedback_jobs import learn_waiting
from ecluse.entrypoints.teaching import Teaching
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.replay import packed
from ecluse.filtering.learning.tokens import tokens_of
from tests.unit.filtering.learning.mail import letter, stream


@pytest.fixture
def index(tmp_path):
    lines = []
    for number, (octets, is_spam) in enumerate(stream(60)):
        (tmp_path / f"{number}.eml").write_bytes(octets)
        lines.append(f"{'spam' if is_spam else 'ham'} {number}.eml\n")
    (tmp_path / "full").write_text("".join(lines))
    return tmp_path / "full"


def test_a_common_layer_is_built_and_the_same_input_makes_the_same_file(run, index, tmp_path):
    for name in ("first", "again"):
        assert run("learn", "build", str(index), str(index), "--out", str(tmp_path / name), "--rounds", "2").code == 0
    assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()
    layer = read_layer(tmp_path / "first")
    assert layer.header.learned == 240
    test = stream(60, seed=7)
    right = sum((Classifier((layer,)).weigh(tokens_of(letter(o))).log_odds > 0) is is_spam for o, is_spam in test)
    assert right > 45


def test_acts_are_listed_and_taken_back_by_the_agent(run, tmp_path, capsys):
    teaching, inbox = (
        Teaching(tmp_path / "models", FolderActs(tmp_path / "models")),
        FolderFeedback(tmp_path / "feedback"),
    )
    for number, (octets, is_spam) in enumerate(stream(3)):
        inbox.keep(
            Said(
                "A",
                Channel.ADMINISTRATOR,
                "ann",
                f"m{number}",
                is_spam,
                packed(tokens_of(letter(octets))),
                tokens_version=TOKENS_VERSION,
            )
        )
    learn_waiting(inbox, teaching, set())
    assert run("learn", "undo", "A", "2", "--data-dir", str(tmp_path)).code == 0
    learn_waiting(inbox, teaching, set())
    capsys.readouterr()  # What the agent logs.
    listed = run("learn", "acts", "A", "--data-dir", str(tmp_path), "--json").json
    assert [(act["number"], act["undoes"]) for act in listed] == [(1, 0), (2, 0), (3, 0), (4, 2)]
    assert "tokens" not in listed[0]
    assert run("learn", "undo", "A", "2", "--data-dir", str(tmp_path)).code == 1
    assert "takes back 2" in run("learn", "acts", "A", "--data-dir", str(tmp_path)).out
