"""Each fence holds by itself, so that a hole in one is not yet a way out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ecluse.opening.lock.lock import Fence
from ecluse.opening.lock.probe import standing_fences
from ecluse.opening.lock.seccomp import CONDITIONAL, FREE, assemble
from ecluse.opening.lock.syscalls import MACHINES

START = """
import errno, os
from ecluse.opening.lock import landlock, seccomp
from ecluse.opening.lock.kernel import PR_SET_NO_NEW_PRIVS, prctl
prctl(PR_SET_NO_NEW_PRIVS, 1)
"""
TRY = """
def refused(attempt, *arguments):
    try:
        attempt(*arguments)
    except OSError as problem:
        return errno.errorcode[problem.errno]
    return "allowed"
print(refused(os.open, "/etc/passwd", os.O_RDONLY), refused(os.listdir, "/"), refused(os.mkdir, "/tmp/x/y"))
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip() or done.stderr


def test_this_machine_raises_seccomp_and_no_new_privs():
    assert {Fence.SECCOMP, Fence.NO_NEW_PRIVS} <= standing_fences()


def test_seccomp_alone_keeps_files_shut():
    assert run("seccomp.install()" + TRY) == "EPERM EPERM EPERM"


@pytest.mark.skipif(Fence.LANDLOCK not in standing_fences(), reason="this kernel has no Landlock")
def test_landlock_alone_keeps_files_shut():
    assert run("landlock.install()" + TRY).split()[:2] == ["EACCES", "EACCES"]


def test_the_filter_needs_no_new_privs():
    code = (
        "from ecluse.opening.lock import seccomp\nimport os\nif os.getuid() == 0: os.setuid(65534)\nseccomp.install()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "OSError" in done.stderr


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_machine_has_a_filter_that_names_known_calls(machine):
    program = list(assemble(machine))
    assert all(len(instruction) == 8 for instruction in program)
    assert len(program) < 4_096
    assert set(CONDITIONAL) <= machine.numbers.keys()
    assert set(FREE) - machine.numbers.keys() <= {"time"}
    assert len(set(machine.numbers.values())) == len(machine.numbers)
