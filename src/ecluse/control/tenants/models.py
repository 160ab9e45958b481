"""Clients, domains, routes and addresses.

All but the client itself are read in a scope: `with scope(client=...)`. A query without one raises (7-1).
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models

from ecluse.control.tenants.owned import Owned, OwnedManager
from ecluse.domain.policy import Route as NextHop
from ecluse.domain.policy import ServiceState, Tls
from ecluse.domain.route_health import RouteState
from ecluse.domain.stranger import Ending, Openness


class Client(models.Model):
    """An organisation that is protected, and pays for it."""

    name = models.CharField(max_length=200, unique=True)
    state = models.CharField(
        max_length=16, choices=[(each.value, each.value) for each in ServiceState], default=ServiceState.ACTIVE.value
    )
    state_since = models.DateTimeField(null=True)
    has_inbound = models.BooleanField(default=True)  # What it has bought (2-5).
    has_outbound = models.BooleanField(default=True)
    needs_permission = models.BooleanField(default=False)  # Its contract says which of its domains are served (3-3).
    language = models.CharField(max_length=2, choices=[("fr", "français"), ("en", "English")], default="fr")
    time_zone = models.CharField(max_length=64, default="Europe/Paris")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Recipients(models.TextChoices):
    """How a domain's addresses are known."""

    LISTED = "listed"
    ANY = "any"  # Every local part exists.
    VERIFIED = "verify"  # The client's server is asked.


class Domain(Owned):
    """A mail domain of a client."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="domains")
    name = models.CharField(max_length=253)  # Lower case, A-labels.
    recipients = models.CharField(max_length=8, choices=Recipients.choices, default=Recipients.LISTED)
    challenge = models.CharField(max_length=43, blank=True)  # What its owner shall put into the DNS.
    # When its record was found: whether it is served may be another question.
    shown_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)  # Until then it is a claim, and nothing is published of it.
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnedManager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("client", "name"), name="a_client_claims_a_domain_once"),
            # A claim must not keep the owner out: anybody may claim anything.
            models.UniqueConstraint(
                fields=("name",), condition=models.Q(proven_at__isnull=False), name="a_domain_has_one_owner"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Verdict(models.TextChoices):
    """What was said of a domain (3-7)."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


class DomainPermission(Owned):
    """What whoever decides has said of a domain: asked where its client needs permission (`serving.py`)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=253)  # Of a domain that the client may not have claimed yet.
    verdict = models.CharField(max_length=7, choices=Verdict.choices)
    reason = models.CharField(max_length=300, blank=True)  # Of a refusal; the client reads it.

    objects = OwnedManager()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("client", "name"), name="a_domain_is_decided_upon_once"),)

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}"


class Route(Owned):
    """A next hop of a domain."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="routes")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=25)
    priority = models.PositiveIntegerField(default=10)  # Lower is tried first.
    tls = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Tls], default=Tls.MAY.value)
    is_vouched = models.BooleanField(default=False)  # By the provider; see `domain.policy.Route`.

    objects = OwnedManager()

    class Meta:
        ordering = ("priority", "pk")
        constraints = (models.UniqueConstraint(fields=("domain", "host", "port"), name="one_route_to_each_server"),)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def next_hop(self) -> NextHop:
        """As nodes have it."""
        return NextHop(self.host, self.port, self.priority, Tls(self.tls), self.is_vouched)


class Branding(Owned):
    """How a client appears to its users and to those who write to it."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=43, unique=True)  # In addresses; another one after each change.
    name = models.CharField(max_length=100, blank=True)
    colour = models.CharField(max_length=7, blank=True)  # "#1a2b3c".
    contact = models.CharField(max_length=500, blank=True)
    logo = models.BinaryField(null=True)  # PNG of our own writing.

    objects = OwnedManager()

    def __str__(self) -> str:
        return f"branding of {self.client}"

    @property
    def shown_name(self) -> str:
        """What people read."""
        return self.name or self.client.name


class OldServer(Owned):
    """What a server answered when it was asked last, as a stranger would ask it, to take mail for a domain."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="old_servers")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    openness = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Openness])
    ending = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Ending])
    said = models.CharField(max_length=300, blank=True)  # Its own words.
    asked_at = models.DateTimeField()

    objects = OwnedManager()

    class Meta:
        ordering = ("-asked_at", "pk")
        constraints = (models.UniqueConstraint(fields=("domain", "host", "port"), name="one_answer_of_each_server"),)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class ToldRoute(Owned):
    """Whether a next hop answers at one node. Rows are written by nodes; times in seconds since the epoch (UTC)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="told_routes")
    node = models.CharField(max_length=253)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in RouteState])
    since = models.FloatField()
    said = models.CharField(max_length=300, blank=True)
    said_at = models.FloatField()

    objects = OwnedManager()

    class Meta:
        db_table = "route_health"  # adapters/controldb/queries.sql.
        ordering = ("node", "pk")
        constraints = (
            models.UniqueConstraint(fields=("node", "domain", "host", "port"), name="one_state_of_a_route_at_a_node"),
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port} at {self.node}"

    @property
    def since_when(self) -> datetime:
        """Since when it is so."""
        return datetime.fromtimestamp(self.since, UTC)


class Address(Owned):
    """A mailbox, or another name for one."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="addresses")
    local = models.CharField(max_length=64)  # As written.
    key = models.CharField(max_length=320, unique=True)  # `Address.key` of the mail path: what is compared.
    name = models.CharField(max_length=200, blank=True)  # Of the person, when the client gave it.
    is_alias = models.BooleanField(default=False)  # Aliases are no users (3-4).
    alias_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="aliases")
    is_filtered = models.BooleanField(default=True)  # False: the client switched the filter off (1-2c).

    objects = OwnedManager()

    class Meta:
        ordering = ("local",)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain.name}"
