"""How the doors speak TLS: our certificate, and what clients may show of theirs."""

from __future__ import annotations

import ssl

import structlog

from ecluse.adapters.openssl.client_certificates import ask_for_any
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.settings_tables import Settings

log = structlog.get_logger()


def certificate_context(settings: Settings) -> ssl.SSLContext | None:
    """The TLS context of STARTTLS, or None without a certificate. Raises `OSError` for files that do not fit."""
    if settings.tls.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion[settings.tls.min_version.replace(".", "_")]
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(settings.tls.certificate, settings.tls.key)
    return context


def outbound_context(settings: Settings) -> ssl.SSLContext | None:
    """The same for outbound doors, where clients may prove themselves by a certificate of their own."""
    context = certificate_context(settings)
    if context is not None:
        try:
            ask_for_any(context)
        except Impossible as problem:
            log.error("client certificates are not asked for", problem=str(problem))
    return context
