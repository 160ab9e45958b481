"""The node's copy of published policy."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.lmdb.policies import LmdbPolicies, position
from ecluse.domain.errors import BadConfig, Unavailable
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.terminal import span


def policy_file(patient: Patient) -> Iterator[Diagnosis]:
    """The policy file, where there is one, can be published."""
    path = patient.settings.policy.file
    if path is None:
        return
    try:
        published = load_policy(path)
    except BadConfig as problem:
        yield fail("policy file", str(problem), "until it is mended the node keeps the policy it has")
        return
    clients = len({policy.client for policy in published.policies})
    domains, addresses = len(published.policies), len(published.addresses)
    yield ok("policy file", f"{path}: {clients} clients, {domains} domains, {addresses} addresses")


def policy_store(patient: Patient) -> Iterator[Diagnosis]:
    """A policy was published, and when it last changed."""
    store = patient.paths.policy
    try:
        has_policy = LmdbPolicies(store).has_policy
    except Unavailable as problem:
        yield fail("policy", str(problem), f"stop the node, move {store} aside, start it: it is published anew")
        return
    if has_policy:
        age = time.time() - (store / "data.mdb").stat().st_mtime
        yield ok("policy", f"last changed {span(age)} ago")
    elif patient.settings.policy.file is not None or patient.settings.control.database is not None:
        yield warn("policy", "none was published yet", "it is, from its source, at the first start")
    else:
        yield fail(
            "policy",
            "none was ever published",
            "set policy.file or control.database: without a policy a node does not start",
        )


def control_database(patient: Patient) -> Iterator[Diagnosis]:
    """The control plane answers, and how far the node has followed it."""
    url = patient.settings.control.database
    if url is None:
        return
    database = Database(url)
    try:
        batch = ControlPublications(database).after(position(patient.paths.policy) or 0)
        is_unfenced = database.passes_every_fence()
    except Unavailable as problem:
        yield fail("control plane", str(problem), "mail flows by the policy the node has; it follows when it is back")
        return
    finally:
        database.close()
    waiting = "everything is to be read anew" if batch is None else f"{len(batch.publications)} changes to follow"
    yield ok("control plane", f"answers; {waiting}")
    if is_unfenced:
        yield warn(
            "control plane",
            "its role is beyond row-level security, which keeps clients apart",
            "let the database belong to a role that is no superuser and has no BYPASSRLS",
        )
