"""All tests of the control plane, and of what its pages do, once more on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.control import postgresql

HERE = Path(__file__).parent
WEB = HERE.parent / "web"


@pytest.mark.peers
@pytest.mark.skipif("ECLUSE_TEST_POSTGRESQL" in os.environ, reason="this is that run")
@pytest.mark.skipif(not postgresql.is_installed(), reason="PostgreSQL is not installed: scripts/install-test-servers")
@pytest.mark.timeout(1_200)
def test_the_control_plane_keeps_its_promises_on_postgresql_too():
    tests = (HERE, WEB / "test_acts.py", WEB / "test_people.py")
    with postgresql.running() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--reuse-db", *map(str, tests)],
            env={**os.environ, "ECLUSE_TEST_POSTGRESQL": str(folder)},
            cwd=HERE.parents[1],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
