"""What others complain of about mail in the name of a client's domain (RFC 5965): facts, and no content."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.received_report import ReportMail


@dataclass(frozen=True, slots=True)
class Complaint:
    """What one mail complains of."""

    mail: ReportMail
    kind: str  # "abuse", "fraud", "virus", "other", or another word of the format.
    domain: str  # In whose name the mail came that it is about; "" = it does not say.
    source_ip: str  # Where that mail came from; "" = it does not say.
    incidents: int  # So many mails.
    recipient: str = ""  # `Address.key` of who complains; "" = it does not say, as most do not.
    author: str = ""  # `Address.key` in From, where its domain stands behind the mail; "" = nobody's does.
