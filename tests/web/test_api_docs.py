"""What the pages about the API say is so: the reference is what the code says, and the commands of the how-to run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import typing
from collections import Counter
from enum import Enum
from pathlib import Path

import pytest
from django_scopes import scope
from pydantic import BaseModel

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.programs.queries import SCOPES
from ecluse.control.webhooks.signing import shown, signed_headers
from ecluse.entrypoints.api_reference import PAGE, api_page
from ecluse.web import backends
from ecluse.web.api.api import api
from tests.web.house import furnished, person
from tests.web.programs import program_of
from tests.web.things import held

ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs/howto/api.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", HOW_TO, re.DOTALL)


def test_the_reference_page_is_what_the_code_says():
    """A stale page is made new by `python -m ecluse.entrypoints.api_reference`."""
    assert (ROOT / PAGE).read_text("utf-8") == api_page()


def test_no_two_answers_of_the_api_have_one_name():
    """In the schema one would stand for both."""
    models = [
        each for each in _heirs(BaseModel) if each.__module__.startswith("ecluse.web.api.") and "[" not in each.__name__
    ]
    assert [name for name, count in Counter(each.__name__ for each in models).items() if count > 1] == []


def test_no_two_choices_of_the_api_have_one_name():
    """The same of enums: one said what the other may say."""
    models = [each for each in _heirs(BaseModel) if each.__module__.startswith("ecluse.web.api.")]
    hints = [field.annotation for model in models for field in model.model_fields.values()]
    enums = {each for hint in hints for each in _parts(hint) if isinstance(each, type) and issubclass(each, Enum)}
    assert [name for name, count in Counter(each.__name__ for each in enums).items() if count > 1] == []


def _parts(hint):
    yield hint
    for each in typing.get_args(hint):
        yield from _parts(each)


def _heirs(model):
    for each in model.__subclasses__():
        yield each
        yield from _heirs(each)


def test_the_schema_is_openapi_3_1_and_complete():
    schema = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    assert schema["openapi"].startswith("3.1")
    operations = [each for path in schema["paths"].values() for each in path.values()]
    assert all(each["summary"] and each["tags"] for each in operations)
    assert len({each["operationId"] for each in operations}) == len(operations)
    told = json.dumps(schema)
    assert all(f'"#/components/schemas/{name}"' in told for name in schema["components"]["schemas"])


def test_every_scope_that_a_key_can_have_opens_something():
    told = json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"))
    assert [each for each in SCOPES if f"Scope: `{each}`." not in told] == []


def test_the_schema_is_made_once():
    assert api.get_openapi_schema(path_prefix="/api/v1/") is api.get_openapi_schema(path_prefix="/api/v1/")


def test_the_schema_needs_no_key(client):
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "Écluse"


@pytest.mark.django_db(transaction=True)
def test_the_commands_of_the_how_to_run(live_server, tmp_path, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    log = tmp_path / "log"
    backends.hand_over(
        backends.Backends(
            lambda *_: None, ("mx.provider.example",), lambda: SqliteMessageLog(log), None, None, None, None
        )
    )
    one = furnished("One", "one.example")
    owner = person("olive@one.example", one, Role.OWNER)
    program = program_of(owner, one)
    with scope(client=one):
        copy = held(one)[0].pk
    environment = {
        **os.environ,
        "ECLUSE": live_server.url,
        "KEY": program.secret,
        "CLIENT": str(one.pk),
        "DOMAIN": "one.example",
        "COPY": str(copy),
    }
    assert len(blocks("sh")) >= 4
    for block in blocks("sh"):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, (block, done.stdout, done.stderr)
    acts = set(Entry.objects.filter(actor_kind="api-key").values_list("action", flat=True))
    assert {"domain.added", "address.added", "list.entry-added", "message.deleted"} <= acts


def test_the_how_to_verifies_what_we_sign():
    made = {}
    exec(blocks("python")[0], made)
    body, secret = b'{"type":"webhook.test"}', b"s" * 32
    headers = signed_headers("test-1", int(time.time()), body, [b"n" * 32, secret])
    assert made["is_ours"](shown(secret), headers, body)
    assert not made["is_ours"](shown(secret), headers, body + b" ")
