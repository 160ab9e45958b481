"""The operator's own knowledge of bad files: rules and hash lists."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from ecluse.adapters.hashes.lists import lists_in, make_table
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.opening.rules.rulebook import broken_files, rule_files


def rules(patient: Patient) -> Iterator[Diagnosis]:
    """Each file of YARA rules compiles."""
    folder = patient.settings.opening.rule_folder
    if folder is None:
        return
    if not folder.is_dir():
        yield fail("rules", f"{folder} is no folder", "make it, or mend opening.rule_folder")
        return
    broken = broken_files(folder)
    for one in broken:
        yield fail("rules", f"{one.path}: {one.reason}", "mend the file: until then its old rules count, or none")
    if not broken:
        yield ok("rules", f"{len(rule_files(folder))} files in {folder}")


def hash_lists(patient: Patient) -> Iterator[Diagnosis]:
    """Each line of each list is a digest or a comment."""
    folder = patient.settings.scanners.hash_lists
    if folder is None:
        return
    if not folder.is_dir():
        yield fail("hash lists", f"{folder} is no folder", "make it, or mend scanners.hash_lists")
        return
    with tempfile.TemporaryDirectory() as scratch:
        count, faults = make_table(folder, Path(scratch) / "table")
    for fault in faults:
        place = f"{fault.path}, line {fault.line}" if fault.line else str(fault.path)
        yield warn("hash lists", f"{place}: {fault.reason}", "write one SHA-256 or MD5 at the beginning of each line")
    yield ok("hash lists", f"{count:,} digests in {len(lists_in(folder))} lists of {folder}")
