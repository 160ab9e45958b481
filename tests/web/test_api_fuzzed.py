"""Whatever a program sends: no fault of ours, and every answer is as the schema says it is (schemathesis).

A short form here; `make api` makes 2,000 calls in each role.
"""

from __future__ import annotations

import json
import os
from urllib.parse import quote, urlencode

import jsonschema_rs
import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from ecluse.control.accounts.roles import CLIENT_ROLES, PROVIDER_ROLES, Role
from ecluse.web.api.api import api
from tests.web.programs import BODIES, program_in_role
from tests.web.things import things_of

CALLS = int(os.environ.get("ECLUSE_API_CALLS", "53"))  # A role.
ROLES = [*CLIENT_ROLES, *PROVIDER_ROLES] if "ECLUSE_API_CALLS" in os.environ else [Role.OWNER]
SCHEMA = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
OPERATIONS = [each.ok() for each in schemathesis.openapi.from_dict(SCHEMA).get_all_operations()]
EXAMPLES = -(-CALLS // len(OPERATIONS))


@pytest.mark.timeout(
    600 + CALLS
)  # Two minutes of processor for 2,000 calls: on a busy machine that is a quarter of an hour.
@pytest.mark.usefixtures("tireless")
@pytest.mark.parametrize("role", ROLES)
def test_no_call_brings_a_fault_and_every_answer_is_as_the_schema_says(cast, role):
    program, things, statuses = program_in_role(cast, role), things_of(cast.one), []
    for operation in OPERATIONS:
        statuses += _calls(operation, program, things)
    assert len(statuses) >= min(CALLS, len(OPERATIONS))
    assert {200, 404} <= set(statuses) or role in {Role.USER, Role.BILLING}


def _calls(operation, program, things):
    """The statuses of some calls, most of them about things that are there."""
    statuses = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(operation), is_known=st.sampled_from([True, True, False]), valid=st.integers(0, 3))
    def call(case, is_known, valid):
        mine = things if is_known else {"client_id": things["client_id"]}
        with transaction.atomic():  # What one call changes the next one does not find.
            answer = _called(program, case, mine, is_valid=valid == 0)
            transaction.set_rollback(True)
        statuses.append(answer.status_code)
        _demand_as_promised(operation, answer)

    call()
    return statuses


def _cases(operation):
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if operation.definition.raw.get("parameters") or operation.body:
        return st.one_of(good, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return good


def _called(program, case, things, *, is_valid):
    known = {name: value for name, value in things.items() if name in (case.path_parameters or {})}
    places = {**(case.path_parameters or {}), **known}
    path = case.path.removeprefix("/api/v1/")
    for name, value in places.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = {name: value for name, value in (case.query or {}).items() if value is not None}
    headers = {name: str(value) for name, value in (case.headers or {}).items() if _is_sendable(name, str(value))}
    body = BODIES.get(case.operation.definition.raw["operationId"]) if is_valid else case.body
    has_body = body is not None and not isinstance(body, schemathesis.core.NotSet)
    return program.call(
        case.method.upper(),
        path + (f"?{urlencode(query, doseq=True)}" if query else ""),
        _octets(body) if has_body else None,
        **headers,
    )


def _octets(body):
    return body if isinstance(body, bytes) else json.dumps(body, default=str).encode()


def _is_sendable(name, value):
    """The key is ours; what no server could be sent in a header is not sent."""
    return name.lower() not in {"authorization", "content-type", "content-length"} and value.isprintable()


def _demand_as_promised(operation, answer):
    told = f"{operation.label}: {answer.status_code} {answer.content[:300]!r}"
    assert answer.status_code < 500, told
    promised = operation.definition.raw["responses"]
    if answer.status_code in {404, 405} and str(answer.status_code) not in promised:
        return
    assert str(answer.status_code) in promised, told
    if answer.status_code == 204:
        assert answer.content == b""
        return
    ((media_type, content),) = promised[str(answer.status_code)]["content"].items()
    assert answer.headers["Content-Type"].partition(";")[0] == media_type, told
    whole = {**content["schema"], "components": SCHEMA["components"]}
    jsonschema_rs.validator_for(whole).validate(answer.json())
