"""`ecluse feedback`, and what the agent makes of it."""

from __future__ import annotations

import mailbox

import pytest

from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.lmdb.policies import publish
from ecluse.adapters.models import folder
from ecluse.adapters.models.acts import FolderActs
from ecluse.adapters.models.folder import FolderModels
from ecluse.domain.act import Channel, Standing
from ecluse.domain.errors import Unavailable
from ecluse.domain.policy import Policy
from ecluse.domain.published import PublishedPolicy
from ecluse.entrypoints.feedback_jobs import learn_waiting
from ecluse.entrypoints.teaching import Teaching
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.tokens import tokens_of
from tests.unit.filtering.learning.mail import letter, raw, stream


@pytest.fixture(autouse=True)
def _looks_each_time(monkeypatch):
    monkeypatch.setattr(folder, "LOOK_EVERY_S", 0.0)


@pytest.fixture
def feedback(run, tmp_path):
    return lambda *arguments: run("feedback", *map(str, arguments), "--data-dir", str(tmp_path))


@pytest.fixture
def agent(tmp_path):
    models = tmp_path / "models"
    teaching = Teaching(models, FolderActs(models))
    return lambda: learn_waiting(FolderFeedback(tmp_path / "feedback"), teaching, set())


def log_odds(tmp_path, client, text):
    model = FolderModels(tmp_path / "models").find(client)
    return Classifier(model.layers).weigh(tokens_of(letter(raw(text)))).log_odds if model else 0.0


def files(tmp_path, is_spam):
    for number, (octets, label) in enumerate(stream(60)):
        if label is is_spam:
            file = tmp_path / "mail" / f"{number}.eml"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(octets)
            yield file


def test_what_is_said_of_files_moves_the_clients_model_and_no_others(feedback, agent, tmp_path):
    assert feedback("spam", *files(tmp_path, True), "--client", "A").code == 0
    assert feedback("ham", *files(tmp_path, False), "--client", "A").code == 0
    agent()
    assert log_odds(tmp_path, "A", "casino prize winner") > 0 > log_odds(tmp_path, "A", "minutes meeting patch")
    assert log_odds(tmp_path, "B", "casino prize winner") == 0


def test_no_text_is_kept(feedback, agent, tmp_path):
    file = tmp_path / "one.eml"
    file.write_bytes(raw("minutes of the very secret meeting", Subject="secretsubject"))
    feedback("ham", file, "--client", "A", "--voter", "bob@a.example")
    waiting = [path.read_bytes() for path in (tmp_path / "feedback").iterdir()]
    agent()
    acts = list(FolderActs(tmp_path / "models").read("A"))
    assert len(acts) == 1
    for octets in (*waiting, repr(acts).encode()):
        assert b"secret" not in octets
        assert b"bob" not in octets


def test_mailboxes_are_read_message_by_message(feedback, agent, tmp_path):
    box, folder_ = mailbox.mbox(tmp_path / "box"), mailbox.Maildir(tmp_path / "dir")
    for octets, _ in stream(5):
        box.add(octets.replace(b"\r\n\r\n", b"\r\n\r\nFrom here on\r\n\r\nFrom the start\r\n"))
        folder_.add(octets)
    box.close()
    assert feedback("ham", tmp_path / "box", tmp_path / "dir", "--client", "A", "--json").json["handed_over"] == 10
    agent()
    acts = list(FolderActs(tmp_path / "models").read("A"))
    assert len({act.message for act in acts}) == 10


def test_feedback_may_come_late_and_in_parts(feedback, agent, tmp_path):
    """Delayed: later feedback of other days adds to it; partial: what nobody speaks of is nothing."""
    spam = list(files(tmp_path, True))
    feedback("spam", *spam[:3], "--client", "A")
    agent()
    little = log_odds(tmp_path, "A", "casino prize winner")
    agent()
    assert log_odds(tmp_path, "A", "casino prize winner") == little > 0
    feedback("spam", *spam[3:], "--client", "A")
    agent()
    assert log_odds(tmp_path, "A", "casino prize winner") > little


def test_channels_that_are_no_ones_word_are_no_choice(feedback, tmp_path):
    file = tmp_path / "one.eml"
    file.write_bytes(raw("hello"))
    assert feedback("ham", file, "--client", "A", "--channel", "sender-release").code == 2
    assert feedback("ham", file, "--client", " ").code == 2
    assert feedback("ham", tmp_path / "none.eml", "--client", "A").code != 0


def test_what_a_crash_left_in_the_inbox_counts_once(feedback, tmp_path):
    file = tmp_path / "one.eml"
    file.write_bytes(raw("casino prize"))
    feedback("spam", file, "--client", "A", "--channel", "recipient", "--voter", "bob@a.example")
    teaching, inbox = (
        Teaching(tmp_path / "models", FolderActs(tmp_path / "models")),
        FolderFeedback(tmp_path / "feedback"),
    )
    teaching.take(inbox.read(inbox.waiting()[0]))
    learn_waiting(inbox, teaching, set())
    acts = list(FolderActs(tmp_path / "models").read("A"))
    assert [(act.channel, act.standing) for act in acts] == [
        (Channel.RECIPIENT, Standing.LEARNED),
        (Channel.RECIPIENT, Standing.IGNORED),
    ]
    assert inbox.waiting() == ()


def test_what_could_not_be_learned_is_noted_once_however_often_it_is_tried(feedback, tmp_path, monkeypatch):
    file = tmp_path / "one.eml"
    file.write_bytes(raw("casino prize"))
    feedback("spam", file, "--client", "A")
    models, inbox, noted = tmp_path / "models", FolderFeedback(tmp_path / "feedback"), set()
    teaching = Teaching(models, FolderActs(models))
    models.mkdir()
    (models / "snapshots").write_bytes(b"where a folder belongs")
    for _ in range(3):
        with pytest.raises(Unavailable):
            learn_waiting(inbox, teaching, noted)
    assert inbox.waiting()
    (models / "snapshots").unlink()
    learn_waiting(inbox, teaching, noted)
    assert [act.standing for act in FolderActs(models).read("A")] == [Standing.LEARNED]
    assert (inbox.waiting(), noted) == ((), set())


def test_nobody_speaks_for_a_client_that_is_not_in_the_policy(feedback, tmp_path):
    policy = Policy("Client A", "a.example", ())
    publish(tmp_path / "policy", PublishedPolicy((policy,), (), ()))
    [file, *_] = files(tmp_path, True)
    refused = feedback("spam", file, "--client", "Client B")
    assert (refused.code, list(FolderFeedback(tmp_path / "feedback").waiting())) == (2, [])
    assert feedback("spam", file, "--client", "Client A").code == 0
