"""Rules are compiled where a room begins, and fit files in helpers that may make no code themselves."""

from __future__ import annotations

import pytest

from ecluse.adapters.room.inside import RoomRules
from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.private import PrivateZygote
from ecluse.adapters.room.room import HelperRoom, Pool
from ecluse.domain.opened import RuleMatch, Severity
from ecluse.ports.opener import FileToOpen

SCRIPT = (
    b"var s = new ActiveXObject('WScript.Shell'); var h = new ActiveXObject('MSXML2.XMLHTTP');"
    b"var f = new ActiveXObject('ADODB.Stream'); f.SaveToFile(p, 2); s.Run(p);"
)


@pytest.fixture
async def room(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yar").write_text('rule invoice { strings: $a = "invoice 42" condition: $a }')
    (tmp_path / "rules" / "broken.yar").write_text("rule")
    zygote = PrivateZygote(RoomRules(rule_folder=str(tmp_path / "rules")))
    room = HelperRoom(zygote.door, PoisonList(tmp_path / "poison"), Pool(deadline_s=20.0, wait_s=100.0))
    yield room
    await room.close()
    zygote.close()


async def test_rules_fit_files_in_the_locked_room(room):
    opened = await room.open(FileToOpen(SCRIPT, "a.js"))
    assert opened.trouble == ""
    assert opened.rules == (RuleMatch("script_downloads_and_runs", Severity.SEVERE),)
    opened = await room.open(FileToOpen(b"this is invoice 42", "a.txt"))
    assert opened.rules == (RuleMatch("local.invoice", Severity.SUSPICIOUS),)
