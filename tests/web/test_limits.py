"""Counters of tries outlast whatever a stranger makes us count beside them."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.test import override_settings

from ecluse.web import limits
from ecluse.web.limits import Limit
from tests.control import settings


@pytest.mark.django_db
def test_a_counter_outlasts_hundreds_of_others(monkeypatch):
    """Django's cache in the database throws a third of its rows away when it has more than its limit."""
    with override_settings(CACHES=settings.SERVED_CACHES):
        call_command("createcachetable", verbosity=0)
        monkeypatch.setattr(limits, "cache", caches["default"])
        first, others = Limit("a", 1, 600), Limit("b", 1, 600)
        assert not first.is_reached("somebody")
        for number in range(400):
            others.is_reached(f"stranger {number}")
        assert first.is_reached("somebody")
