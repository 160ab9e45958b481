"""Starts Django on our own settings, for the commands that need the control plane."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import django
import structlog
from django.conf import settings as django_conf
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from django_scopes import scopes_disabled

from ecluse.control.keystore.master import make_master_key
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.web_settings import django_settings

log = structlog.get_logger()


def start_django(settings: Settings) -> None:
    """Once in a process, before anything of the control plane is imported."""
    if not django_conf.configured:
        DataPaths(settings.data_dir).control_database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        django_conf.configure(**django_settings(settings))
    django.setup()


def migrate(settings: Settings) -> None:
    """Bring the control database up to date, make the master key of a new installation, and seal to all clients."""
    with scopes_disabled(), _new_models_by_themselves():  # A migration may change rows of all clients.
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    master_key = DataPaths(settings.data_dir).master_key
    if not master_key.exists():
        _make_master_key(master_key)
    if master_key.exists():
        _publish_missing_keys()


@contextmanager
def _new_models_by_themselves() -> Iterator[None]:
    """Half of the time that a new database takes: Django makes all models anew that each new one leads to, nearly all there are.

    None of them leads to what is new. `tests/control/test_new_database.py` holds the outcome against Django's own.
    """

    def add_model(state: ProjectState, model: ModelState) -> None:
        apps = state.__dict__.pop("apps", None)  # Without it Django's own adds the state, and makes nothing anew.
        whole(state, model)
        if apps is not None:
            state.__dict__["apps"] = apps
            apps.render_multiple([model])

    whole = ProjectState.add_model
    ProjectState.add_model = add_model  # type: ignore[assignment, method-assign]  # while `migrate` runs
    try:
        yield
    finally:
        ProjectState.add_model = whole  # type: ignore[method-assign]  # as it was


def _publish_missing_keys() -> None:
    from ecluse.control.audit.actor import Actor, ActorKind  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.control.keystore.services import publish_missing_keys  # noqa: PLC0415 - the same.

    publish_missing_keys(by=Actor(ActorKind.JOB, "keys"))


def _make_master_key(file: Path) -> None:
    """Never a second one: under it no key of a client would open, while its nodes go on sealing to them."""
    from ecluse.control.keystore.services import has_keys  # noqa: PLC0415 - models exist once Django has started.

    if has_keys():
        log.error("the master key is missing: what is held can neither be seen nor released", file=str(file))
        return
    with suppress(FileExistsError):  # Somebody else was first.
        make_master_key(file)


def demand_migrated() -> None:
    """Raises `Impossible` while the database is older than the program."""
    connection = connections[DEFAULT_DB_ALIAS]
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Impossible("the control database is older than this program: run it once with --migrate")
