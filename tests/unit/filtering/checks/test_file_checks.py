"""What is said of a message's files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.evidence import FileFacts, Unknown
from ecluse.domain.finding import Finding
from ecluse.filtering.checks.active_files import active_files
from ecluse.filtering.checks.banned_names import banned_names
from ecluse.filtering.checks.bomb import bomb
from ecluse.filtering.checks.deceptive_files import deceptive_files
from ecluse.filtering.checks.eicar import eicar
from ecluse.filtering.checks.encrypted import encrypted
from ecluse.filtering.checks.poison import poison
from ecluse.filtering.checks.unopenable import unopenable
from ecluse.filtering.checks.unread import unread
from tests.unit.filtering.samples import HARMLESS, POLICY

FILE_CHECKS = (active_files, bomb, deceptive_files, encrypted, poison, unopenable)
CHECKS = (*FILE_CHECKS, banned_names, eicar, unread)


def found(facts: FileFacts | Unknown) -> list[Finding]:
    evidence = replace(HARMLESS, files=facts)
    return [finding for check in CHECKS for finding in check(evidence, POLICY)]


@pytest.mark.parametrize(
    ("facts", "findings"),
    [
        (FileFacts(count=3, members=9, types=("zip", "pdf"), suffixes=("pdf",), flags=("appended",)), []),
        (FileFacts(flags=("broken", "gap", "prepended"), errors=("unreadable: ValueError",)), []),
        (FileFacts(flags=("absolute-name", "link-outside", "duplicate-name", "mismatch")), []),
        (FileFacts(flags=("unopenable",)), [Finding("UNOPENABLE_FILE", "no reader for its kind")]),
        (
            FileFacts(flags=("unopened", "limit")),
            [Finding("UNOPENABLE_FILE", "beyond our limits, no reader for its method, or a fault of ours")],
        ),
        (FileFacts(flags=("polyglot",)), [Finding("POLYGLOT_FILE", "polyglot")]),
        (
            FileFacts(flags=("overlapping", "ambiguous", "hidden-member")),
            [Finding("AMBIGUOUS_ARCHIVE", "ambiguous overlapping"), Finding("HIDDEN_MEMBER", "hidden-member")],
        ),
        (FileFacts(flags=("traversal", "bidi-name")), [Finding("BAD_MEMBER_NAME", "bidi-name traversal")]),
        (FileFacts(suffixes=("pdf", "js", "exe")), [Finding("BANNED_NAME", "exe js")]),
        (FileFacts(flags=("bomb",)), [Finding("BOMB")]),
        (FileFacts(flags=("eicar",)), [Finding("EICAR")]),
        (FileFacts(troubles=("poison",)), [Finding("POISON")]),
        (FileFacts(troubles=("crashed", "too slow")), [Finding("UNOPENABLE_FILE", "crashed, too slow")]),
        (FileFacts(troubles=("too big",)), [Finding("UNOPENABLE_FILE", "too big")]),
        (FileFacts(flags=("limit",)), [Finding("UNOPENABLE_FILE", "beyond our limits")]),
        (FileFacts(left_out=4), [Finding("UNOPENABLE_FILE", "4 left out")]),
        (FileFacts(encrypted=2), [Finding("ENCRYPTED_FILE", "2")]),
        (FileFacts(encrypted=1, sealed_suffixes=("txt",)), [Finding("ENCRYPTED_FILE", "1")]),
        (
            FileFacts(encrypted=1, sealed_suffixes=("exe",)),
            [Finding("ENCRYPTED_FILE", "1"), Finding("ENCRYPTED_PROGRAM", "exe")],
        ),
        # What heals is our own fault: the message may come again.
        (FileFacts(troubles=("busy",), left_out=3), [Finding("UNREAD", "files: no helper was free to open them")]),
        (Unknown("no answer in 20 s"), [Finding("UNREAD", "files: no answer in 20 s")]),
    ],
)
def test_facts_become_findings(facts, findings):
    assert found(facts) == findings


def test_hash_lists_that_were_not_asked_to_the_end_are_no_clean_file():
    evidence = replace(HARMLESS, listed_files=Unknown("no answer in 20 s"))
    assert list(unread(evidence, POLICY)) == [Finding("UNREAD", "listed_files: no answer in 20 s")]
