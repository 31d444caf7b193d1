# ruff: noqa: E501, W291
"""How mail programs used in Brazil build an answer: the quotation, its heading, their own lines."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

OURS = "Chamados Softhouse"
OUR_ADDRESS = "chamados@softhouse.example"
SUBJECT = "[CT-1042] Não salva produtos importados por planilha"
URL = "https://chamados.softhouse.example/chamados/CT-1042"
TEXT = f"""\
PRECISAMOS DE UMA INFORMAÇÃO SUA

A triagem leu o chamado “Não salva produtos importados por planilha” e precisa saber um pouco mais para continuar.

A pergunta é:

> Com qual usuário o erro acontece? Em qual versão do navegador?
> Pode enviar a planilha?

Responda na página do chamado, com prints se ajudarem. Assim que a resposta chegar, o chamado volta para a triagem sozinho.

Sem a resposta, o chamado fica parado aqui e a correção não começa.

Responder:
{URL}

Situação: Aguardando informações

-- 
CT-1042 · Não salva produtos importados por planilha
{URL}
Você recebe esta mensagem porque abriu este chamado.
"""
HTML_IN_WORDS = f"""\
CT-1042
Precisamos de uma informação sua
A triagem leu o chamado “Não salva produtos importados por planilha” e precisa saber um pouco mais para continuar.
A pergunta é:
Com qual usuário o erro acontece? Em qual versão do navegador?
Pode enviar a planilha?
Responda na página do chamado, com prints se ajudarem. Assim que a resposta chegar, o chamado volta para a triagem sozinho.
Sem a resposta, o chamado fica parado aqui e a correção não começa.
Responder
Ou copie este endereço: {URL}
Situação: Aguardando informações
CT-1042 · Não salva produtos importados por planilha
{URL}
Você recebe esta mensagem porque abriu este chamado."""
KNOWN = (SUBJECT, TEXT, HTML_IN_WORDS)
OUTLOOK_BODY = HTML_IN_WORDS.replace("\nResponder\n", f"\nResponder<{URL}>\n").replace(
    f"endereço: {URL}", f"endereço: {URL}<{URL}>"
)
QUOTED = "\n".join(f"> {line}".rstrip() for line in TEXT.rstrip().split("\n"))
LONG_DATE = "terça-feira, 24 de novembro de 2026 10:12"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a person did: wrote `words`, has a signature, and under which name."""

    words: str
    signature: str = ""
    name: str = "Ana Souza"
    address: str = "ana@revenda.example"


Shape = Callable[[Answer], EmailMessage]


def raw(shape: Shape, answer: Answer) -> bytes:
    message = shape(answer)
    message["From"] = f'"{answer.name}" <{answer.address}>'
    message["To"] = f"{OURS} <ct-1042+abcdefghijklmnop@resposta.softhouse.example>"
    message["Subject"] = f"Re: {SUBJECT}"
    message["Message-ID"] = "<resposta@revenda.example>"
    return message.as_bytes(policy=SMTP)


def _plain(text: str, **parameters: str) -> EmailMessage:
    message = EmailMessage()
    message.set_content(text)
    for name, value in parameters.items():
        message.set_param(name, value)
    return message


def _both(text: str, html: str) -> EmailMessage:
    message = _plain(text)
    message.add_alternative(html, subtype="html")
    return message


def _html(html: str) -> EmailMessage:
    message = EmailMessage()
    message.set_content(html, subtype="html")
    return message


def _above(answer: Answer, *, delimiter: str = "") -> str:
    return f"{answer.words}\n\n{delimiter}{answer.signature}\n" if answer.signature else f"{answer.words}\n"


def _wrapped(text: str) -> str:
    """Gmail breaks the text part's lines."""
    lines = (
        textwrap.wrap(line, 76, break_long_words=False, break_on_hyphens=False) or [""]
        for line in text.split("\n")
    )
    return "\n".join(line for part in lines for line in part)


def _divs(text: str) -> str:
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))


# --- Gmail

_GMAIL = f"Em ter., 24 de nov. de 2026 às 10:12, {OURS} <\n{OUR_ADDRESS}> escreveu:"


def _gmail_html(words: str) -> str:
    said = f"Em ter., 24 de nov. de 2026 às 10:12, {OURS} &lt;{OUR_ADDRESS}&gt; escreveu:"
    quote = f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{_divs(HTML_IN_WORDS)}</blockquote>'
    attribution = f'<div dir="ltr" class="gmail_attr">{said}<br></div>'
    return f'<div dir="ltr">{_divs(words)}</div><br><div class="gmail_quote">{attribution}{quote}</div>'


def gmail(answer: Answer) -> EmailMessage:
    above = _wrapped(_above(answer, delimiter="-- \n"))
    return _both(f"{above}\n\n{_GMAIL}\n\n{QUOTED}\n", _gmail_html(answer.words))


def gmail_app(answer: Answer) -> EmailMessage:
    said = f"Em ter., 24 de nov. de 2026, 10:12, {OURS} <{OUR_ADDRESS}>\nescreveu:"
    return _both(f"{_wrapped(_above(answer))}\n{said}\n\n{QUOTED}\n", _gmail_html(answer.words))


def gmail_below(answer: Answer) -> EmailMessage:
    below = _wrapped(_above(answer, delimiter="-- \n"))
    return _both(f"{_GMAIL}\n\n{QUOTED}\n\n{below}", _gmail_html(answer.words))


def gmail_between(answer: Answer) -> EmailMessage:
    """Words under the question, in the middle of the quotation."""
    first, _, rest = QUOTED.partition("> Responda na página")
    return _plain(f"{_GMAIL}\n\n{first}\n{answer.words}\n\n> Responda na página{rest}\n")


def gmail_english(answer: Answer) -> EmailMessage:
    said = f"On Tue, Nov 24, 2026 at 10:12 AM {OURS} <{OUR_ADDRESS}>\nwrote:"
    return _both(f"{_wrapped(_above(answer))}\n{said}\n\n{QUOTED}\n", _gmail_html(answer.words))


def gmail_old(answer: Answer) -> EmailMessage:
    return _plain(f"{_above(answer)}\n2026-11-24 10:12 GMT-03:00 {OURS} <{OUR_ADDRESS}>:\n\n{QUOTED}\n")


# --- Outlook

_HEAD = (
    f"De: {OURS} <{OUR_ADDRESS}>\nEnviad{{}} {LONG_DATE}\n"
    f"Para: Ana Souza <ana@revenda.example>\nAssunto: {SUBJECT}\n"
)
_ON_DESKTOP = _HEAD.format("a em:")
_ON_WEB = _HEAD.format("o:")
_LINE = "_" * 32


def outlook(answer: Answer) -> EmailMessage:
    return _plain(f"{_above(answer)}\n{_ON_DESKTOP}\n{OUTLOOK_BODY}\n")


def outlook_original(answer: Answer) -> EmailMessage:
    return _plain(f"{_above(answer)}\n-----Mensagem original-----\n{_ON_DESKTOP}\n{OUTLOOK_BODY}\n")


def outlook_cc(answer: Answer) -> EmailMessage:
    """With the copies and the importance that a company's Exchange writes."""
    head = _ON_DESKTOP.replace(
        "Assunto:", "Cc: Bia Lima <bia@revenda.example>; suporte@revenda.example\nAssunto:"
    )
    return _plain(f"{_above(answer)}\n{head}Prioridade: Alta\n\n{OUTLOOK_BODY}\n")


def outlook_html(answer: Answer) -> EmailMessage:
    """What a relay leaves of it that drops the text part."""
    lines = (escape(line) or "<o:p>&nbsp;</o:p>" for line in _above(answer).rstrip().split("\n"))
    words = "".join(f'<p class="MsoNormal">{line}</p>' for line in lines)
    labels = [line.partition(":") for line in _ON_DESKTOP.rstrip().split("\n")]
    head = "<br>".join(f"<b>{label}:</b>{escape(rest)}" for label, _, rest in labels)
    rule = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
    quoted = f'{rule}<p class="MsoNormal">{head}</p></div>{_divs(HTML_IN_WORDS)}'
    style = "<head><style>p.MsoNormal{margin:0cm}</style></head>"
    return _html(
        f'<html>{style}<body lang="PT-BR"><div class="WordSection1">{words}{quoted}</div></body></html>'
    )


def outlook_web(answer: Answer) -> EmailMessage:
    return _plain(f"{_above(answer)}\n{_LINE}\n{_ON_WEB}\n{OUTLOOK_BODY}\n")


def outlook_web_html(answer: Answer) -> EmailMessage:
    lines = [line.partition(":") for line in _ON_WEB.rstrip().split("\n")]
    head = "<br>".join(f"<b>{label}:</b>{escape(rest)}" for label, _, rest in lines)
    quoted = f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg" dir="ltr"><font>{head}</font></div>'
    words = f'<div class="elementToProof">{_divs(_above(answer).rstrip())}</div>'
    return _html(f'<html><body dir="ltr">{words}{quoted}{_divs(HTML_IN_WORDS)}</body></html>')


def outlook_ios(answer: Answer) -> EmailMessage:
    mine = "Obter o Outlook para iOS<https://aka.ms/o0ukef>"
    return _plain(f"{_above(answer)}\n{mine}\n{_LINE}\n{_ON_WEB}\n{OUTLOOK_BODY}\n")


def outlook_android(answer: Answer) -> EmailMessage:
    mine = "Obter o Outlook para Android<https://aka.ms/AAb9ysg>"
    return _plain(f"{_above(answer)}\n{mine}\n\n{_LINE}\n{_ON_WEB}\n{OUTLOOK_BODY}\n")


def windows_mail(answer: Answer) -> EmailMessage:
    mine = "Enviado do Email<https://go.microsoft.com/fwlink/?LinkId=550986> para Windows"
    return _plain(f"{_above(answer)}\n{mine}\n\n{_ON_WEB}\n{OUTLOOK_BODY}\n")


def outlook_between(answer: Answer) -> EmailMessage:
    """The first paragraph above, the rest written into the quotation, which Outlook does not mark."""
    first, _, rest = OUTLOOK_BODY.partition("Responda na página")
    above, _, inside = answer.words.partition("\n\n")
    return _plain(f"{above}\n\n{_ON_DESKTOP}\n{first}{inside}\nResponda na página{rest}\n")


# --- Apple


def ios(answer: Answer) -> EmailMessage:
    said = f"> Em 24 de nov. de 2026, à(s) 10:12, {OURS} <{OUR_ADDRESS}> escreveu:"
    return _plain(f"{_above(answer)}\nEnviado do meu iPhone\n\n{said}\n> \n> \ufeff\n{QUOTED}\n")


def ios_old(answer: Answer) -> EmailMessage:
    said = f"Em 24 de nov de 2026, à(s) 10:12, {OURS} <{OUR_ADDRESS}> escreveu:"
    return _plain(f"{_above(answer)}\nEnviado do meu iPhone\n\n{said}\n\n{QUOTED}\n")


def mac(answer: Answer) -> EmailMessage:
    said = f"Em 24 de nov. de 2026, à(s) 10:12, {OURS} <{OUR_ADDRESS}> escreveu:"
    return _plain(f"{_above(answer)}\n\n{said}\n\n{QUOTED}\n\n")


# --- Thunderbird

_THUNDERBIRD = f"Em 24/11/2026 10:12, {OURS} escreveu:"


def thunderbird(answer: Answer) -> EmailMessage:
    text = f"{_above(answer, delimiter='-- ' + chr(10))}\n{_THUNDERBIRD}\n{QUOTED}\n"
    return _plain(text, format="flowed")


def thunderbird_below(answer: Answer) -> EmailMessage:
    text = f"{_THUNDERBIRD}\n{QUOTED}\n\n{_above(answer, delimiter='-- ' + chr(10))}"
    return _plain(text, format="flowed")


def thunderbird_between(answer: Answer) -> EmailMessage:
    first, _, rest = QUOTED.partition("> Responda na página")
    return _plain(f"{_THUNDERBIRD}\n{first}\n{answer.words}\n\n> Responda na página{rest}\n", format="flowed")


# --- others


def yahoo(answer: Answer) -> EmailMessage:
    said = f"    Em {LONG_DATE}:00 BRT, {OURS} <{OUR_ADDRESS}> escreveu:  "
    body = "\n".join(f"  {line}" for line in HTML_IN_WORDS.split("\n"))
    return _plain(f" {answer.words}\n\n{said}\n \n{body}\n  ")


def yahoo_android(answer: Answer) -> EmailMessage:
    said = f"  Em ter., nov. 24, 2026 às 10:12, {OURS}<{OUR_ADDRESS}> escreveu:  "
    mine = "Enviado do Yahoo Mail no Android"
    return _plain(f"{answer.words}\n\n{mine} \n \n{said} {HTML_IN_WORDS}\n")


def roundcube(answer: Answer) -> EmailMessage:
    return _plain(
        f"{_above(answer)}\n---\n\nEm 2026-11-24 10:12, {OURS} escreveu:\n\n{QUOTED}\n", format="flowed"
    )


def zimbra(answer: Answer) -> EmailMessage:
    head = (
        f'----- Mensagem original -----\nDe: "{OURS}" <{OUR_ADDRESS}>\nPara: "Ana Souza" <ana@revenda.example>\n'
        f"Enviadas: Terça-feira, 24 de novembro de 2026 10:12:00\nAssunto: {SUBJECT}\n"
    )
    return _plain(f"{_above(answer)}\n{head}\n{HTML_IN_WORDS}\n")


def samsung(answer: Answer) -> EmailMessage:
    head = (
        f"-------- Mensagem original --------\nDe : {OURS} <{OUR_ADDRESS}>\n"
        f"Data: 24/11/2026  10:12  (GMT-03:00)\nPara: ana@revenda.example\nAssunto: {SUBJECT}\n"
    )
    return _plain(f"{answer.words}\n\n\nEnviado do meu Galaxy\n\n\n{head}\n{HTML_IN_WORDS}\n")


def em_client(answer: Answer) -> EmailMessage:
    head = (
        f'------ Mensagem Original ------\nDe: "{OURS}" <{OUR_ADDRESS}>\nPara: ana@revenda.example\n'
        f"Enviado(s): 24/11/2026 10:12:00\nAssunto: {SUBJECT}\n"
    )
    return _plain(f"{_above(answer)}\n{head}\n{HTML_IN_WORDS}\n")


def spark(answer: Answer) -> EmailMessage:
    said = f"Em 24 de nov. de 2026 10:12 -0300, {OURS} <{OUR_ADDRESS}>, escreveu:"
    return _plain(f"{_above(answer)}\n{said}\n{QUOTED}\n")


def proton(answer: Answer) -> EmailMessage:
    said = f"Em {LONG_DATE.replace('2026 ', '2026 às ')}, {OURS} <{OUR_ADDRESS}> escreveu:"
    mine = "Enviado com o e-mail seguro [Proton Mail](https://proton.me/mail/home)."
    return _plain(f"{answer.words}\n\n{mine}\n\n{said}\n\n{QUOTED}\n")


def bare(answer: Answer) -> EmailMessage:
    """Nothing quoted."""
    return _plain(_above(answer))
