"""What was acknowledged survives a power cut at any moment; `power_cut.py` has the method, and the long form."""

from __future__ import annotations

import shutil

import pytest

from tests.crash import power_cut

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traced")
    return power_cut.Historian(folder).tell(power_cut.record_trace(folder, seed=3))


def test_whatever_was_acknowledged_is_there_after_a_power_cut(tmp_path):
    report = power_cut.run(cuts=40, seed=1, folder=tmp_path)
    assert report.faults == ()
    assert report.acknowledged > 400


@pytest.mark.parametrize("sabotage", power_cut.SABOTAGES)
def test_the_cuts_would_find_a_missing_sync(tmp_path, sabotage):
    assert power_cut.run(cuts=10, seed=2, folder=tmp_path, sabotage=sabotage).faults


def claimed_at(history, word):
    return {number: at for at, what, number in history.claims if what == word}


def test_file_then_name_then_folder_are_durable_before_keep_returns(history):
    kept = claimed_at(history, "kept")
    assert len(kept) == power_cut.MESSAGES
    for number, returned_at in kept.items():
        name = f"tmp/{power_cut.message_id(number)}"
        (renamed,) = (change for change in history.names if change.kind == "rename" and change.path == name)
        written = [change for change in history.files[renamed.file] if change.begin < returned_at]
        assert written
        assert all(change.synced_at < renamed.begin for change in written)
        assert renamed.end < renamed.synced_at < returned_at
        (bucket,) = (change for change in history.names if change.path == power_cut._parent(renamed.target))
        assert bucket.synced_at < returned_at


def test_the_journal_is_durable_before_sync_returns(history):
    synced = claimed_at(history, "synced")
    assert len(synced) == power_cut.MESSAGES
    for number, returned_at in synced.items():
        identity = power_cut.message_id(number).encode()
        writes = [
            change
            for change in history.names
            if change.kind == "create" and change.path.startswith("journal/")
            for change in history.files[change.file]
            if identity in change.data
        ]
        assert writes
        assert any(change.synced_at < returned_at for change in writes)


def test_files_were_written_anew_without_the_records_of_one_client(history):
    assert sum(count for _, what, count in history.claims if what == "pruned") > power_cut.MESSAGES // 4
    renamed = [each for each in history.names if each.kind == "rename" and each.path.endswith(".pruned")]
    assert len(renamed) > 3
    for each in renamed:
        assert all(change.synced_at < each.begin for change in history.files[each.file])
        assert each.synced_at < float("inf")


def test_a_finished_message_is_gone_durably_before_record_returns(history):
    finished = claimed_at(history, "finished")
    assert finished
    for number, returned_at in finished.items():
        name = power_cut.message_id(number)
        (unlinked,) = (change for change in history.names if change.kind == "unlink" and change.path.endswith(name))
        assert unlinked.synced_at < returned_at
