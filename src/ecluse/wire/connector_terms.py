"""What is written down of a connector: one schema for the policy file, the console and the API."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_network
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from ecluse.domain.connector import AccountSource, Connector, ScramKey
from ecluse.domain.errors import EcluseError
from ecluse.wire.notations import Network
from ecluse.wire.sasl.scram import read_key
from ecluse.wire.shared_networks import SERVICES, service_at

NARROWEST = {4: 16, 6: 32}  # A network that proves something by itself is no larger.
MAX_NETWORKS = 100

_HEX = re.compile(r"[0-9a-f]{64}")
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")


class Sha256(str):
    """A SHA-256 in hexadecimal, kept in lower case and without the colons that openssl puts in."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        digits = text.replace(":", "").lower()
        if not _HEX.fullmatch(digits):
            raise ValueError(f"expected a SHA-256, 64 hexadecimal digits, found {text[:80]!r}")
        return super().__new__(cls, digits)


class BadConnector(EcluseError):
    """A connector that cannot be meant: which key of it, and what was expected there."""

    def __init__(self, key: str, expected: str) -> None:
        super().__init__(f"{key}: {expected}")
        self.key, self.expected = key, expected


class ConnectorTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One way in for outbound mail: by login, certificate, token, or by networks alone."""

    name: Annotated[str, Meta(description="Unique among the client's; letters, digits, space, dot, - and _.")]
    networks: Annotated[
        tuple[Network, ...],
        Meta(max_length=MAX_NETWORKS, description="From where it is used; alone, they prove who sends."),
    ] = ()
    service: Annotated[
        Literal["microsoft365", "google"] | None,
        Meta(description="Its networks, in place of `networks`. Others send from there too: a token is needed."),
    ] = None
    shared: Annotated[
        bool, Meta(description="true: others send from these networks too, so a token or certificate is needed.")
    ] = False
    certificate: Annotated[
        Sha256 | None,
        Meta(description="SHA-256 of the TLS client certificate (DER): `openssl x509 -noout -fingerprint -sha256`."),
    ] = None
    login: Annotated[
        str | None, Meta(description="Name for AUTH, in one of the client's domains: server@a.example. Needs a key.")
    ] = None
    key: Annotated[
        str | None, Meta(description="Of the login's secret, as `ecluse connector secret` prints it; no secret itself.")
    ] = None
    token: Annotated[
        Sha256 | None,
        Meta(description="SHA-256 of the secret that each message carries in X-Ecluse-Token; printed by the same."),
    ] = None
    account: Annotated[
        AccountSource,
        Meta(
            description='Whom limits and locks are about: "envelope", the sender of MAIL; "login"; "header", the user '
            "whom the client's server names in `account_header`."
        ),
    ] = AccountSource.ENVELOPE
    account_header: Annotated[str | None, Meta(description="A field such as X-Authenticated-User.")] = None
    keep_account_header: Annotated[bool, Meta(description="false: it is taken out before the message goes on.")] = False
    listed_senders: Annotated[bool, Meta(description="true: only addresses that the client has listed may send.")] = (
        False
    )
    forwards: Annotated[
        bool,
        Meta(
            description="true: its server passes on what came in for the client's users. Such a message may have a foreign "
            "sender and author, where it shows that it came in here for this client."
        ),
    ] = False


def connector_of(client: str, domains: Collection[str], terms: ConnectorTerms) -> Connector:
    """The connector that is meant. Raises `BadConnector`."""
    networks = SERVICES[terms.service] if terms.service else tuple(map(str, terms.networks))
    connector = Connector(
        client=client,
        name=terms.name,
        networks=networks,
        is_shared=terms.shared or bool(terms.service),
        certificate=str(terms.certificate or ""),
        login=(terms.login or "").casefold(),
        key=_key(terms),
        token=bytes.fromhex(terms.token or ""),
        account_from=terms.account,
        account_header=terms.account_header or "",
        keeps_account_header=terms.keep_account_header,
        lists_senders=terms.listed_senders,
        forwards=terms.forwards,
    )
    _check_names(connector, domains, terms)
    _check_proof(connector)
    return connector


def _key(terms: ConnectorTerms) -> ScramKey | None:
    if terms.key is None:
        return None
    try:
        return read_key(terms.key)
    except ValueError as error:
        raise BadConnector("key", str(error)) from error


def _check_names(connector: Connector, domains: Collection[str], terms: ConnectorTerms) -> None:
    if not _NAME.fullmatch(connector.name):
        raise BadConnector("name", "expected letters, digits, space, dot, - and _, at most 60")
    if connector.login and connector.login.rpartition("@")[2] not in domains:
        raise BadConnector("login", "expected a name in one of the client's domains, such as server@a.example")
    if terms.service and terms.networks:
        raise BadConnector("networks", "expected none beside service")
    needs_header = connector.account_from is AccountSource.HEADER
    if needs_header != bool(_FIELD_NAME.fullmatch(connector.account_header)):
        raise BadConnector("account_header", 'expected the name of a field with account = "header", and only then')


def _check_proof(connector: Connector) -> None:
    """By one thing alone each, or nobody could say by which a message was let in."""
    proofs = [name for name in ("login", "certificate", "token") if getattr(connector, name)]
    if len(proofs) > 1:
        raise BadConnector(proofs[1], f"expected one proof, {proofs[0]} stands there already")
    if bool(connector.login) != (connector.key is not None):
        raise BadConnector("key", "expected a key with a login, and only then")
    if connector.account_from is AccountSource.LOGIN and not connector.login:
        raise BadConnector("account", "expected a login beside it")
    if connector.token and not connector.networks:
        raise BadConnector("networks", "expected the networks from which messages with this token come")
    if connector.is_network_alone:
        _check_networks(connector)


def _check_networks(connector: Connector) -> None:
    if not connector.networks:
        raise BadConnector("networks", "expected networks, a certificate, a login or a token")
    if connector.is_shared:
        raise BadConnector("token", "expected a token or a certificate: others send from these networks, too")
    for text in connector.networks:
        network = ip_network(text)
        if network.prefixlen < NARROWEST[network.version]:
            raise BadConnector("networks", f"expected smaller networks: {text} is not one client's")
        if service := service_at(text):
            raise BadConnector(
                "networks", f"expected networks of the client's own: {text} is shared by all of {service}"
            )
