"""Persons, what they are to clients, and the links that let them in.

Persons are owned by no client: each may belong to several, and is asked for before any scope is open.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from ecluse.control.accounts.roles import PROVIDER_ROLES, Role
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.owned import Owned, OwnedManager

_ROLES = [(role.value, role.value) for role in Role]
DIGEST_OCTETS = 32
MAX_REASON = 200


class UserManager(BaseUserManager["User"]):
    """Makes persons; the e-mail address in lower case is the name."""

    def create_user(self, email: str, password: str | None = None, *, name: str = "", language: str = "") -> User:
        """A person; without a password nobody can sign in with one."""
        user = self.model(email=email.strip().lower(), name=name, language=language)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """See Django."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who may sign in."""

    email = models.EmailField(unique=True, max_length=254)  # Lower case.
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=2, blank=True, choices=[("fr", "français"), ("en", "English")])
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ("email",)

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """What a person is to one client; to the provider where there is none."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=_ROLES)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("user__email",)
        constraints = (
            models.UniqueConstraint(fields=("user", "client"), name="one_role_at_a_client"),
            models.UniqueConstraint(fields=("user",), condition=models.Q(client=None), name="one_role_at_the_provider"),
            models.CheckConstraint(
                condition=models.Q(client=None, role__in=PROVIDER_ROLES)
                | (models.Q(client__isnull=False) & ~models.Q(role__in=PROVIDER_ROLES)),
                name="provider_roles_have_no_client",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.user_id} at {self.client_id}"


class Invitation(models.Model):
    """Lets somebody in, once, until it expires; the link holds the secret, we keep its digest."""

    email = models.EmailField(max_length=254)  # Lower case.
    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, choices=_ROLES)
    digest = models.BinaryField(max_length=DIGEST_OCTETS, unique=True)
    invited_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)  # Accepted or withdrawn.
    wants_mail = models.BooleanField(default=False)  # Until a job has mailed it.
    mailed_digest = models.BinaryField(max_length=DIGEST_OCTETS, null=True, unique=True)  # Of the mail's own link.
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("email",)

    def __str__(self) -> str:
        return f"{self.role} {self.email} at {self.client_id}"


class SignInLink(models.Model):
    """Signs one person in, once, until it expires."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=DIGEST_OCTETS, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"for {self.user_id}"


class SignInRequest(models.Model):
    """Somebody wants a link by mail. It says nothing of whether there is such a person: who asks is not told either."""

    email = models.EmailField(max_length=254)  # Lower case.
    language = models.CharField(max_length=2)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"of {self.at}"


class SignInRules(models.Model):
    """What a client demands of its own people beyond the role."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="sign_in_rules")
    demands_second_factor = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"of {self.client_id}"


class IdentityProvider(Owned):
    """Where a client's own people sign in with the client (OpenID Connect), in place of a password of ours."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="+")
    slug = models.CharField(max_length=43, unique=True)  # In the address of sign-in: random, so that it names nobody.
    name = models.CharField(max_length=100)  # As the client calls it.
    issuer = models.CharField(max_length=300)  # URL; its discovery document lies below.
    application = models.CharField(max_length=200)  # What the provider calls us: its `client_id`.
    secret = models.BinaryField(max_length=600)  # What we show it; wrapped by the master key.
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnedManager()

    def __str__(self) -> str:
        return self.name


class Identity(Owned):
    """A person as one identity provider knows him: an address that is given to somebody else does not let that one in."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="identities")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=255)  # OpenID Connect Core 1.0 section 2: `sub`.

    objects = OwnedManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("provider", "subject"), name="one_person_a_subject"),
            models.UniqueConstraint(fields=("provider", "user"), name="one_subject_a_person"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} at {self.provider_id}"


class LastLetter(Owned):
    """The last letter to one person about what waits for him at a client; times in seconds since the epoch (UTC)."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    newest = models.FloatField()  # When the newest of it came of which he was told.
    told_at = models.FloatField()

    objects = OwnedManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"to {self.user_id}"


class BreakGlass(models.Model):
    """A provider's person acts for a client, for a reason and a time; content he sees only if the client consents (14-3)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="break_glasses")
    reason = models.CharField(max_length=MAX_REASON)
    wants_content = models.BooleanField()
    acts_as = models.CharField(max_length=254, blank=True)  # Address of whom he sees the console as; "": of nobody.
    asked_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()  # Of the waiting for consent, then of the acting.
    ended_at = models.DateTimeField(null=True)
    consented_by = models.CharField(max_length=254, blank=True)

    class Meta:
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return f"{self.user_id} at {self.client_id}"
