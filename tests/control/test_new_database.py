"""A new database, which our own `migrate` makes in half the time, is the one that Django makes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest
from django.db import connection

SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
MIGRATE = """
import sys
from pathlib import Path
from ecluse.entrypoints.django_start import migrate, start_django
from ecluse.entrypoints.settings import load_settings
settings = load_settings(Path(sys.argv[1]))
start_django(settings)
migrate(settings)
"""


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="compares files of SQLite")
def test_it_has_the_same_tables_and_indexes(tmp_path):
    config = tmp_path / "ecluse.toml"
    config.write_text(f'hostname = "mx.example"\ndata_dir = "{tmp_path}/data"\n', "utf-8")
    subprocess.run([sys.executable, "-c", MIGRATE, config], check=True, timeout=300)
    with sqlite3.connect(tmp_path / "data/control/control.sqlite") as file, connection.cursor() as cursor:
        made = {row for row in file.execute(SCHEMA) if row[2] != "web_cache"}
        django = {row for row in cursor.execute(SCHEMA) if row[2] != "web_cache"}
    assert len(made) > 400
    assert made == django
