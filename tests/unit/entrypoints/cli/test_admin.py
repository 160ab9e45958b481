"""`ecluse admin`: people of the provider."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("email", ["boss", "boss@", "@provider.example", "a b@provider.example"])
def test_who_has_no_address_is_told_before_anything_is_made(data, run, monkeypatch, email):
    monkeypatch.setattr("ecluse.entrypoints.django_start.start_django", lambda _: pytest.fail("Django was started"))
    done = run("admin", "create-owner", email, "--config", data.config)
    assert done.code == 2
    assert "is no e-mail address" in done.err
    assert not data.paths.control_database.exists()
