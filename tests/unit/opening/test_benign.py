"""Honest files are left in peace: of 20 kinds, made anew each time (ECLUSE_BENIGN_EACH=60 makes 1,200)."""

from __future__ import annotations

import os
import random

from ecluse.opening.flags import Flag
from tests.unit.opening.asking import opened
from tests.unit.opening.benign import KINDS, benign_files

EACH = int(os.environ.get("ECLUSE_BENIGN_EACH", "4"))
# What an honest file may have: none of it weighs much alone.
EVERYDAY = {
    Flag.MACROS,
    Flag.AUTO_MACROS,
    Flag.PDF_JAVASCRIPT,
    Flag.PDF_SUBMIT,
    Flag.PDF_EMBEDDED_FILE,
    Flag.HTML_SCRIPT,
    Flag.ENCRYPTED_DOCUMENT,
}


def test_honest_files_show_nothing_but_what_is_everyday():
    strange = {}
    for name, octets in benign_files(EACH):
        file = opened(octets, name)
        if file.error or file.is_encrypted or not EVERYDAY.issuperset(file.flags):
            strange[name] = (file.error, file.flags)
    assert not strange


def test_all_kinds_are_recognised():
    assert "unknown" not in {opened(octets, name).type for name, octets in benign_files(1)}
    assert len(KINDS) * 50 >= 1_000


def test_random_octets_are_no_program_unless_their_name_makes_them_one():
    dice = random.Random(1)
    kinds = {opened(b"\xeb" + dice.randbytes(900), "smime.p7s").type for _ in range(300)}
    assert "dos-program" not in kinds
    assert "dos-program" in {opened(b"\xeb" + dice.randbytes(900), "game.com").type for _ in range(300)}
