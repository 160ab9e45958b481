"""`ecluse replay`: what verdicts would have been under another policy."""

from __future__ import annotations

import time

import msgspec
import pytest

from ecluse.adapters.lmdb.policies import publish
from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.learned import LearnedFacts
from ecluse.entrypoints.policy_file import load_policy
from tests.unit.entrypoints.cli.conftest import POLICY

NOW = time.time()
LEARNED = LearnedFacts(21.125, 0.999999, (8.125, 5.25, 4.5, 3.25), "corpus-2026+client-117")
EVIDENCE = EvidenceEvent({"NO_DATE": 1.0, "MONEY_WORDING": 2.0}, None)
DELIVERED = ("deliver", "")
REFUSED = ("refuse", "Q")


def outcome(number, *findings, was=DELIVERED, evidence=EVIDENCE, client="A", sender="eve@e.example", recipient="ann"):
    one = RecipientEvent(f"{recipient}@{client.lower()}.example", Ending.RELAYED, *was, findings=findings)
    more = {"client": client, "recipients": (one,), "sender": sender, "ip": "192.0.2.7", "direction": "inbound"}
    return MessageEvent(f"m{number}", Stage.OUTCOME, NOW - 100 + number, evidence=evidence, **more)


@pytest.fixture
def replay(run, data, tmp_path):
    def call(terms, *events, more=(), text=None):
        publish(data.paths.policy, load_policy(tmp_path / "policy.toml"))
        data.journal(*events)
        changed = tmp_path / "new.toml"
        changed.write_text(text or POLICY.replace('name = "A"', f'name = "A"\n{terms}'), "utf-8")
        return run("replay", "--data-dir", data.paths.root, "--policy", changed, *more, "--json")

    return call


def only(outcome_):
    [client] = outcome_.json["clients"]
    return client


def test_the_same_policy_changes_nothing(replay):
    done = replay("", outcome(1, "NO_DATE", "MONEY_WORDING"), outcome(2, "GTUBE", was=REFUSED))
    assert done.code == 0
    assert only(done) == {"client": "A", "judged": 2, "same": 2, "unknown": {}, "changes": []}


def test_a_lower_threshold_shows_who_would_be_refused(replay):
    done = replay("refuse_at = 2.5", *(outcome(n, "NO_DATE", "MONEY_WORDING") for n in range(5)), outcome(9, "NO_DATE"))
    assert done.code == 1
    client = only(done)
    assert (client["judged"], client["same"]) == (6, 1)
    assert client["changes"] == [{"was": "deliver", "would_be": "refuse Q", "count": 5, "examples": ["m0", "m1", "m2"]}]


def test_another_weight_is_tried(replay):
    done = replay("weights = { NO_DATE = 20 }", outcome(1, "NO_DATE"), outcome(2, "MONEY_WORDING"))
    assert [change["examples"] for change in only(done)["changes"]] == [["m1"]]


def test_other_lists_are_tried(replay):
    done = replay('block = ["e.example"]', outcome(1), outcome(2, sender="joe@f.example"))
    assert only(done)["changes"] == [{"was": "deliver", "would_be": "refuse P", "count": 1, "examples": ["m1"]}]


def test_an_entry_that_is_gone_no_longer_counts(replay):
    done = replay("", outcome(1, "CLIENT_BLOCK: by e.example", was=("refuse", "P")))
    assert [change["would_be"] for change in only(done)["changes"]] == ["deliver"]


def test_an_entry_that_a_forger_used_does_not_count_for_him_later(replay):
    forged = ("ALLOW_FORGED: by e.example", "GTUBE")
    done = replay('allow = ["e.example"]', outcome(1, *forged, was=REFUSED), outcome(2, "GTUBE", was=REFUSED))
    assert [change["examples"] for change in only(done)["changes"]] == [["m2"]]


def test_what_the_classifier_said_is_weighed_anew(replay):
    """Its finding is stated from the kept log-odds, whatever grades another release had."""
    kept = EvidenceEvent({}, LEARNED)
    done = replay("refuse_at = 0.5", outcome(1, evidence=kept), outcome(2, "LEARNED_SPAM: +5.0 by x"))
    assert [change["examples"] for change in only(done)["changes"]] == [["m1"]]


@pytest.mark.parametrize(
    ("terms", "event"),
    [
        ("refuse_at = 2", outcome(1, "NO_DATE", evidence=None)),
        ("", outcome(1, "OF_THE_FUTURE")),
        ('extra_banned_suffixes = ["xyz"]', outcome(1)),
        ("greylist = true\ngreylist_at = 1", outcome(1, "MONEY_WORDING")),
        ("trusted_sealers = []", outcome(1, "DMARC_FAILED")),
        ('protected_names = ["bank.example"]', outcome(1)),
        ("", outcome(1, client="B")),
    ],
)
def test_what_the_evidence_cannot_tell_is_unknown_and_never_guessed(replay, terms, event):
    done = replay(terms, event)
    client = only(done)
    assert (done.code, client["same"], client["changes"]) == (0, 0, [])
    assert sum(client["unknown"].values()) == 1


def test_what_more_settings_could_not_change_is_known(replay):
    """A virus stays one, whatever else would have been found."""
    done = replay('protected_names = ["bank.example"]', outcome(1, "VIRUS: x", was=("refuse", "P")))
    assert only(done)["same"] == 1


def test_fewer_banned_suffixes_are_told_by_what_was_banned(replay):
    banned = ("refuse", "P")
    done = replay(
        'banned_suffixes = ["exe"]',
        outcome(1, "BANNED_NAME: exe", was=banned),
        outcome(2, "BANNED_NAME: iso", was=banned),
    )
    assert [change["examples"] for change in only(done)["changes"]] == [["m2"]]


def test_one_client_may_be_asked_for(replay):
    done = replay("refuse_at = 0.5", outcome(1, "NO_DATE"), outcome(2, "NO_DATE", client="B"), more=("--client", "a"))
    assert [client["client"] for client in done.json["clients"]] == ["A"]


def test_people_get_a_table(run, data, tmp_path, replay):
    replay("refuse_at = 0.5", outcome(1, "NO_DATE"), outcome(2, evidence=None))
    said = run("replay", "--data-dir", data.paths.root, "--policy", tmp_path / "new.toml").out
    assert "refuse Q" in said
    assert "2 verdicts: 0 the same, 1 others, 1 unknown" in said


def test_without_a_published_policy_there_is_nothing_to_compare(run, data, tmp_path):
    assert run("replay", "--data-dir", data.paths.root, "--policy", tmp_path / "policy.toml").code == 1


def test_typical_evidence_is_small():
    points = {"NO_DATE": 1.0, "MONEY_WORDING": 2.0, "LEARNED_SPAM_SURE": 5.0, "FIRST_CONTACT": 0.5, "REVERSE_NAME": 1.5}
    assert len(msgspec.msgpack.encode(EvidenceEvent(points, LEARNED))) <= 300
