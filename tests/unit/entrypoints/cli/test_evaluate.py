"""`ecluse evaluate`."""

from __future__ import annotations

import pytest

from ecluse.entrypoints import evaluate_command
from ecluse.entrypoints.evaluation.own_filter import OwnFilter
from tests.unit.filtering.learning.mail import EMPTY_PRIOR, stream


@pytest.fixture
def index(tmp_path):
    (tmp_path / "index").mkdir()
    lines = []
    for number, (octets, is_spam) in enumerate(stream(120)):
        (tmp_path / f"{number}.eml").write_bytes(octets)
        lines.append(f"{'spam' if is_spam else 'ham'} ../{number}.eml\n")
    path = tmp_path / "index/full"
    path.write_text("".join(lines))
    return path


def test_programs_get_every_figure_with_its_interval(run, index):
    printed = run("evaluate", str(index), "--json").json
    assert printed["messages"] == 120
    assert printed["ham"] + printed["spam"] == 120
    for name in ("one_minus_roca_pct", "lam_pct", "seconds"):
        low, high = printed[f"{name}_interval"]
        assert low <= printed[name] <= high
    assert set(printed["spam_missed_pct_at_ham_loss"]) == {"1", "0.1", "0.01"}
    assert set(printed["spam_missed_pct_at_ham_loss_interval"]) == {"1", "0.1", "0.01"}
    assert printed["one_minus_roca_pct"] < 25  # A short stream, and nothing is known at its start.


def test_it_learns_from_the_stream_and_statically_does_not(run, index, tmp_path):
    (tmp_path / "empty.toml").write_bytes(EMPTY_PRIOR)
    knowing_nothing = ("evaluate", str(index), "--prior", str(tmp_path / "empty.toml"), "--json")
    learned, static = run(*knowing_nothing).json, run(*knowing_nothing, "--static").json
    assert static["one_minus_roca_pct"] == 50
    assert learned["one_minus_roca_pct"] < static["one_minus_roca_pct"]


@pytest.mark.parametrize("feedback", ["immediate", "delayed", "partial"])
def test_a_run_that_was_stopped_ends_like_one_that_was_not(run, index, tmp_path, monkeypatch, feedback):
    monkeypatch.setattr(evaluate_command, "SAVE_EVERY", 50)
    monkeypatch.setattr("ecluse.entrypoints.evaluation.trial.LOOK_EVERY", 50)
    command = ("evaluate", str(index), "--feedback", feedback, "--delay", "20", "--json")
    whole = run(*command).json
    state = tmp_path / "state"
    with monkeypatch.context() as patch:
        # Pulled out within a message, as by the power.
        real, left = OwnFilter.judge, iter(range(75))
        patch.setattr(OwnFilter, "judge", lambda self, message: (next(left) and None) or real(self, message))
        assert run(*command, "--state", str(state)).code != 0
    gone_on = run(*command, "--state", str(state)).json
    kept = ("messages", "one_minus_roca_pct", "lam_pct", "spam_missed_pct_at_ham_loss")
    assert {name: gone_on[name] for name in kept} == {name: whole[name] for name in kept}


def test_the_state_of_another_run_is_refused(run, index, tmp_path):
    state = tmp_path / "state"
    assert run("evaluate", str(index), "--state", str(state)).code == 0
    assert run("evaluate", str(index), "--state", str(state), "--feedback", "partial").code == 2
    state.write_bytes(b"PK no state at all")
    assert run("evaluate", str(index), "--state", str(state)).code == 2


def test_people_get_a_table_and_pictures(run, index, tmp_path):
    said = run("evaluate", str(index), "--pictures", str(tmp_path / "pictures"))
    assert said.code == 0
    assert "(1-ROCA) %" in said.out
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["learning.svg", "reliability.svg"]


def test_one_class_alone_is_no_stream(run, index):
    first = index.read_text().splitlines()[0].split()[0]
    lines = [line for line in index.read_text().splitlines() if line.startswith(first)]
    index.write_text("\n".join(lines))
    said = run("evaluate", str(index))
    assert said.code == 1
    assert "both ham and spam" in said.err


def test_the_worst_mistakes_are_named_with_what_misled_us(run, index):
    printed = run("evaluate", str(index), "--by-day", "--json").json
    sizes = [mistake["size"] for mistake in printed["mistakes"]]
    assert 0 < len(sizes) <= 20
    assert sizes == sorted(sizes, reverse=True)
    assert printed["mistakes"][0]["name"].endswith(".eml")
    assert any(reason["text"] for mistake in printed["mistakes"] for reason in mistake["reasons"])
    assert sum(day["ham"] + day["spam"] for day in printed["days"]) == 120
    said = run("evaluate", str(index), "--by-day")
    assert printed["mistakes"][0]["name"] in said.out


def test_a_sample_is_half_spam_and_in_order(run, index):
    printed = run("evaluate", str(index), "--sample", "40", "--json").json
    assert (printed["ham"], printed["spam"]) == (20, 20)


def test_a_filter_that_nobody_knows_is_a_mistake(run, index):
    assert run("evaluate", str(index), "--against", "norton").code == 2


def test_findings_and_classifier_together_are_put_to_the_same_test(run, index, tmp_path):
    (tmp_path / "empty.toml").write_bytes(EMPTY_PRIOR)  # Verdicts do not count it yet (decision 0019).
    asked = ("evaluate", str(index), "--json", "--prior", str(tmp_path / "empty.toml"))
    alone, together = (run(*asked, *options).json for options in ((), ("--whole",)))
    assert together["command"] == "ecluse evaluate --whole"
    assert together["one_minus_roca_pct"] <= alone["one_minus_roca_pct"] + 1


def test_a_whole_judgement_is_not_resumed(run, index, tmp_path):
    assert run("evaluate", str(index), "--whole", "--state", str(tmp_path / "state")).code == 2


def test_it_begins_with_what_others_have_taught(run, index, tmp_path):
    layer = tmp_path / "common.layer"
    assert run("learn", "build", str(index), "--out", str(layer)).code == 0
    known = run("evaluate", str(index), "--static", "--json", "--model", str(layer)).json
    assert known["one_minus_roca_pct"] < 5
