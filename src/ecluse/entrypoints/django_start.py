"""Starts Django on our own settings, for the commands that need the control plane."""

from __future__ import annotations

from contextlib import suppress

import django
from django.conf import settings as django_conf
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django_scopes import scopes_disabled

from ecluse.control.keystore.master import make_master_key
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.web_settings import django_settings


def start_django(settings: Settings) -> None:
    """Once in a process, before anything of the control plane is imported."""
    if not django_conf.configured:
        DataPaths(settings.data_dir).control_database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        django_conf.configure(**django_settings(settings))
    django.setup()


def migrate(settings: Settings) -> None:
    """Bring the control database up to date, and make the master key where there is none."""
    with suppress(FileExistsError):
        make_master_key(DataPaths(settings.data_dir).master_key)
    with scopes_disabled():  # A migration may change rows of all clients.
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def demand_migrated() -> None:
    """Raises `Impossible` while the database is older than the program."""
    connection = connections[DEFAULT_DB_ALIAS]
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Impossible("the control database is older than this program: run it once with --migrate")
