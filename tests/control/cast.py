"""The cast of the control plane's tests: two clients, and who acts."""

from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.keystore import master
from ecluse.control.tenants import services
from ecluse.domain.policy import Route

ADMIN = Actor(ActorKind.PERSON, "ann@one.example", id=1, ip="192.0.2.1")
OPERATOR = Actor(ActorKind.PERSON, "op@provider.example", id=2, ip="192.0.2.2")
ROUTE = Route("192.0.2.30", 25)


def client(name="One"):
    return services.create_client(name, by=OPERATOR)


def person(email, role, one=None, language=""):
    """Of a client, or of the provider."""
    user = User.objects.create_user(email, language=language)
    Membership.objects.create(user=user, client=one, role=role)
    return user


def client_with_people():
    """An owner, an administrator, and one who decides nothing; the provider has an owner."""
    made = client()
    person("olive@one.example", Role.OWNER, made, "en")
    person("ann@one.example", Role.ADMINISTRATOR, made, "fr")
    person("hal@one.example", Role.HELP_DESK, made)
    person("pia@provider.example", Role.PROVIDER_OWNER)
    return made


def make_master_key(folder, settings):
    """From now on held copies are sealed to their client, and secrets can be kept."""
    master.make_master_key(folder / "master.key")
    settings.ECLUSE_MASTER_KEY = str(folder / "master.key")
