"""Who wrote an e-mail: a person, a program that answers by itself, a mail server that reports, or we."""

import re
from email.message import Message

from bridge.inbound.letter import header, sender_of

_PROGRAMS = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|nao-?responda|do-?not-?reply|bounces?|auto-?reply|autoresponder)\b",
    re.IGNORECASE,
)
# At the very beginning: `Re: Resposta automática` is a person's answer to one.
_SUBJECTS = re.compile(
    r"(resposta automática|automatic reply|out of (the )?office|fora do escritório|fora da empresa|"
    r"ausência( temporária)?\b|ausente|auto(matic)?[ -]?(reply|resposta|response)|estou de férias|"
    r"aviso de férias|"
    r"undeliver|não entregue|delivery status|mail delivery|returned mail|falha na entrega|lida:|read:)",
    re.IGNORECASE,
)


def automatic(message: Message) -> str:
    """Why this was written by a program (RFC 3834 and what programs do instead); empty when by a person."""
    said = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if said and said != "no":
        return f"Auto-Submitted: {said}"
    if header(message, "Precedence").lower() in {"bulk", "junk", "list", "auto_reply"}:
        return f"Precedence: {header(message, 'Precedence').lower()}"
    for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-FC-MachineGenerated"):
        if header(message, name):
            return name
    if header(message, "Return-Path") == "<>":
        return "no return path"
    if message.get_content_type() == "multipart/report":
        return "a report"
    return _by_looks(message)


def _by_looks(message: Message) -> str:
    _, address = sender_of(header(message, "From"))
    if _PROGRAMS.match(address):
        return f"written by {address.partition('@')[0]}"
    if _SUBJECTS.match(header(message, "Subject")):
        return "the subject of an automatic answer"
    return ""


def is_our_own(message: Message, *, sender: str) -> bool:
    """True for an e-mail of the bridge's that came back: a forwarding that turned in a circle."""
    _, address = sender_of(header(message, "From"))
    return bool(header(message, "X-Chamado")) or address == sender.lower()
