"""What `doctor` asks about e-mail: is it private, what does the domain publish, does a message come back."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, urlsplit

import dkim

from bridge.cli.findings import Finding
from bridge.cli.waiting import until
from bridge.clients import names
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mail import Mailer
from bridge.clients.mailbox import Mailbox
from bridge.clients.signing import signed
from bridge.config import Config, Secret
from bridge.emails import wire
from bridge.inbound.letter import header, parsed

ROUND_TRIP_SECONDS = 20.0
_RESULT = re.compile(r"\b(spf|dkim|dmarc)=(\w+)")


def mail_findings(config: Config) -> list[Finding]:
    """Every check of e-mail that the settings allow, besides the relay's own answer."""
    return [*_encryption(config), *_records(config), *_mailbox(config)]


# --- the way there


def _encryption(config: Config) -> Iterator[Finding]:
    found = [
        (name, host)
        for name, url in (("SMTP_URL", config.mail.smtp_url), ("IMAP_URL", config.mail.imap_url))
        if (host := _open_host(url))
    ]
    for name, host in found:
        remedy = f"in CHAMADOS_{name} write {name[:4].lower()}s://, or add ?tls=starttls"
        yield Finding("tls", "error", f"the way to {host} is not encrypted", remedy)
    if not found:
        yield Finding("tls", "ok", "relay and mailbox are spoken to in private")


def _open_host(url: Secret) -> str:
    """The host that is spoken to in the open; empty where that is this machine, or nobody's."""
    parts = urlsplit(url.reveal())
    private = parts.scheme.endswith("s") or parse_qs(parts.query).get("tls") == ["starttls"]
    here = parts.hostname in {None, "localhost", "::1"} or str(parts.hostname).startswith("127.")
    return "" if private or here else str(parts.hostname)


# --- what the domain publishes


def _records(config: Config) -> Iterator[Finding]:
    domain = parseaddr(config.mail.sender)[1].rpartition("@")[2]
    envelope = config.mail.replies or domain
    if names.is_reserved(domain):
        yield Finding("dns", "ok", f"not asked: {domain} is a name for examples")
        return
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("spf", lambda: spf(envelope, names.texts(envelope))),
        ("dkim", lambda: _dkim(config, domain)),
        ("dmarc", lambda: dmarc(domain, names.texts(f"_dmarc.{domain}"))),
    ]
    if config.mail.replies:
        checks.append(("mx", lambda: _mx(config.mail.replies)))
    for name, check in checks:
        try:
            yield check()
        except Unavailable as error:
            yield Finding(name, "warning", str(error), "run doctor where names can be looked up")


def spf(domain: str, records: list[str]) -> Finding:
    """The envelope's domain says who may send for it (RFC 7208)."""
    found = [one for one in records if one.lower().startswith("v=spf1")]
    remedy = f'publish one TXT record at {domain}: "v=spf1 include:<your relay> -all"'
    if len(found) != 1:
        many = f"{len(found)} records begin with v=spf1, which counts as none" if found else "there is none"
        return Finding("spf", "error", f"{domain}: {many}", remedy)
    if "+all" in found[0].lower() or found[0].lower().split()[-1] == "all":
        return Finding("spf", "error", f"{domain} lets everybody send: {found[0]}", remedy)
    return Finding("spf", "ok", f"{domain}: {found[0]}")


def dmarc(domain: str, records: list[str]) -> Finding:
    """What others are to do with e-mails that only claim to be ours (RFC 7489)."""
    found = [one for one in records if one.lower().startswith("v=dmarc1")]
    if len(found) == 1:
        return Finding("dmarc", "ok", f"{domain}: {found[0]}")
    count = f"{len(found)} records" if found else "no record"
    remedy = f'publish one TXT record at _dmarc.{domain}: "v=DMARC1; p=quarantine; rua=mailto:<you>"'
    return Finding("dmarc", "warning", f"{domain} has {count}; large providers ask for one", remedy)


def _dkim(config: Config, domain: str) -> Finding:
    mail = config.mail
    if not mail.dkim_key:
        return Finding("dkim", "ok", "we do not sign: the relay must")
    name = f"{mail.dkim_selector}._domainkey.{domain}"
    records = [one for one in names.texts(name) if "p=" in one]
    remedy = f"publish the public half of CHAMADOS_MAIL_DKIM_KEY as a TXT record at {name}"
    if not records:
        return Finding("dkim", "error", f"no key at {name}: every signature of ours fails", remedy)
    sample = signed(f"From: {mail.sender}\r\nSubject: x\r\n\r\nx\r\n".encode(), mail)
    if not dkim.verify(sample, dnsfunc=lambda asked, timeout=0: records[0].encode()):
        return Finding("dkim", "error", f"{name} holds another key than we sign with", remedy)
    return Finding("dkim", "ok", f"{name} holds our key")


def _mx(domain: str) -> Finding:
    found = names.exchangers(domain)
    if found:
        return Finding("mx", "ok", f"{domain} is taken by {', '.join(found)}")
    remedy = f"publish an MX record at {domain}, or unset CHAMADOS_MAIL_REPLIES"
    return Finding("mx", "error", f"{domain} has no server: no answer and no bounce arrives", remedy)


# --- there and back


def _mailbox(config: Config) -> list[Finding]:
    if not config.mail.imap_url:
        return [Finding("imap", "ok", "off: nobody answers by e-mail")]
    box, remedy = Mailbox(config.mail.imap_url), "check CHAMADOS_IMAP_URL"
    try:
        return [Finding("imap", "ok", box.probe()), _round_trip(config, box)]
    except (Unavailable, Refused) as error:
        return [Finding("imap", "error", error.reason, remedy)]
    finally:
        box.close()


def _round_trip(config: Config, box: Mailbox) -> Finding:
    """Send an e-mail to an address of the replies' domain, and wait for it in the mailbox."""
    token = secrets.token_hex(8)
    recipient = f"doctor+{token}@{config.mail.replies}"
    message = EmailMessage()
    message["From"], message["To"] = config.mail.sender, recipient
    message["Date"], message["Subject"] = format_datetime(datetime.now(UTC)), "chamados doctor"
    message["Message-ID"], message["Auto-Submitted"] = (
        f"<doctor.{token}@{config.mail.replies}>",
        "auto-generated",
    )
    message.set_content("An e-mail of `chamados doctor`.\n")
    try:
        Mailer(config.mail).send(wire(message), recipient=recipient, key=token)
    except (Unavailable, Refused) as error:
        return Finding("round trip", "error", f"not sent: {error.reason}", "check CHAMADOS_SMTP_URL")
    raw = until(lambda: box.find(str(message["Message-ID"])), seconds=ROUND_TRIP_SECONDS)
    if raw is None:
        remedy = f"see that every address at {config.mail.replies} reaches that mailbox"
        return Finding("round trip", "error", f"sent, but not here after {ROUND_TRIP_SECONDS:.0f} s", remedy)
    return _judged(header(parsed(raw), "Authentication-Results"))


def _judged(results: str) -> Finding:
    """What the receiving server made of it, where it says so (RFC 8601)."""
    said = dict(_RESULT.findall(results.lower()))
    failed = [
        f"{name}={result}" for name, result in said.items() if result in {"fail", "softfail", "permerror"}
    ]
    if failed:
        return Finding("round trip", "error", f"came back with {', '.join(failed)}", "see the lines above")
    words = ", ".join(f"{name}={result}" for name, result in said.items())
    return Finding("round trip", "ok", f"came back{f', {words}' if words else ''}")
