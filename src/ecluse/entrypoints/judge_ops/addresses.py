"""What command lines and address fields mean: smtp.line and addr.parse."""

from __future__ import annotations

from ecluse.entrypoints.judge_ops.question import Json, Refused, octets_in, text_in
from ecluse.wire.mime.addresses import AddressSyntax, Mailbox, parse_addr_spec, parse_addresses
from ecluse.wire.mime.fields import unfolded
from ecluse.wire.smtp.grammar import SyntaxTrouble, parse_command


def smtp_line(question: Json) -> Json:
    """The grammar alone: which parameters are offered is another question."""
    try:
        command = parse_command(octets_in(question, "data"), allows_utf8=True)
    except SyntaxTrouble as problem:
        raise Refused("syntax", problem.reply.text) from None
    address = command.path.text if command.path else None
    return {"verb": command.verb, "address": address, "params": dict(command.parameters)}


def addr_parse(question: Json) -> Json:
    """Answer addr.parse."""
    data, grammar = octets_in(question, "data"), text_in(question, "grammar")
    if grammar == "addr-spec":
        try:
            return {"addresses": [_mailbox(parse_addr_spec(data))], "ambiguous": False}
        except AddressSyntax as problem:
            raise Refused("syntax", str(problem)) from None
    if grammar != "header":
        raise Refused("bad-request", "grammar is header or addr-spec")
    found = parse_addresses(unfolded(b":" + data))
    return {"addresses": [_mailbox(one) for one in found.addresses], "ambiguous": found.is_ambiguous}


def _mailbox(mailbox: Mailbox) -> Json:
    return {"name": mailbox.name, "local": mailbox.local, "domain": mailbox.domain}
