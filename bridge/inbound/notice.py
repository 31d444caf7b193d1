"""The answer to an e-mail that could not be taken, or not whole: why, and what to do instead. Pure.

Nothing of what came stands in it, for whoever gets it may not be who wrote.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from enum import StrEnum


class Reason(StrEnum):
    """Why a reply was not taken."""

    STRANGER = (
        "A resposta veio de um endereço que não participa deste chamado. Se foi você, responda pelo endereço "
        "em que recebe as nossas mensagens. Quem abriu o chamado pode incluir outras pessoas na página dele."
    )
    FORGED = (
        "O endereço de resposta não confere: ele vale só para quem recebeu a mensagem e para aquele chamado. "
        "Responda à mensagem mais recente do chamado, sem mudar o destinatário."
    )
    EMPTY = "Não encontramos nenhum texto seu nem arquivo: só a nossa mensagem, citada."
    TOO_LONG = "O texto é longo demais. Envie-o como arquivo .txt, com um resumo na mensagem."
    TOO_LARGE = "A mensagem é grande demais. Envie os arquivos grandes por um link."
    TOO_MANY = "Recebemos respostas demais deste endereço em pouco tempo. Espere uma hora e envie de novo."


def notice(
    *,
    reference: str,
    url: str,
    reason: str,
    refused_files: Sequence[str],
    recipient: str,
    cause: str,
    in_reply_to: str,
    sender: str,
    now: datetime,
) -> EmailMessage:
    """A plain message in Portuguese to someone who is known to take part. One for each `cause`."""
    message = EmailMessage()
    name, address = parseaddr(sender)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-Chamado"] = reference
    message["X-Chamado-Evento"] = KIND
    what = "Sua resposta não entrou" if reason else "Parte da sua resposta não entrou"
    message["Subject"] = f"[{reference}] {what} no chamado"
    digest = hashlib.sha256(f"{cause}\x00{recipient}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<resposta.{digest}@{address.rpartition('@')[2]}>"
    if in_reply_to.isascii() and in_reply_to.startswith("<") and in_reply_to.endswith(">"):
        message["In-Reply-To"] = message["References"] = in_reply_to[:250]
    message.set_content(
        "\n\n".join(_paragraphs(reference, url, reason, refused_files)) + "\n", cte="quoted-printable"
    )
    return message


KIND = "resposta_recusada"


def _paragraphs(reference: str, url: str, reason: str, refused_files: Sequence[str]) -> list[str]:
    if reason:
        opening = f"Recebemos uma resposta sua ao chamado {reference}, mas ela não entrou nele."
        parts = [opening, reason, f"Você também pode escrever na página do chamado:\n{url}"]
    else:
        opening = f"O texto da sua resposta entrou no chamado {reference}, mas estes arquivos não:"
        listed = "\n".join(f"- {one}" for one in refused_files)
        parts = [opening, listed, f"Você pode enviá-los de outra forma na página do chamado:\n{url}"]
    return ["Olá.", *parts, "Esta mensagem é automática e não precisa de resposta."]
