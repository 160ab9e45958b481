"""A client's connectors."""

from __future__ import annotations

from django.db import models

from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager


class Connector(Owned):
    """One way in for a client's outbound mail. Of its secret there is nothing here by which somebody could use it."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="connectors")
    name = models.CharField(max_length=60)
    login = models.CharField(max_length=320, unique=True, null=True)  # noqa: DJ001 - absent is no login: unique.
    terms = models.JSONField()  # `ConnectorTerms`, without what is as it is anyway.
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    objects = OwnedManager()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("client", "name"), name="a_client_has_a_connector_name_once"),)

    def __str__(self) -> str:
        return self.name
