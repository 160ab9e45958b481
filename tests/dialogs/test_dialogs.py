"""Every dialog beside this file is a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dialogs.player import play

DIALOGS = sorted(Path(__file__).parent.glob("*.smtp"))


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.stem)
def test_the_dialog_goes_as_written(dialog):
    play(dialog)


def test_there_are_dialogs():
    assert len(DIALOGS) > 20


def test_a_dialog_that_goes_otherwise_fails(tmp_path):
    wrong = tmp_path / "wrong.smtp"
    wrong.write_text("S: 220 ~\nC: NOOP\nS: 500 ~\n")
    with pytest.raises(AssertionError, match=r"wrong\.smtp:3"):
        play(wrong)
