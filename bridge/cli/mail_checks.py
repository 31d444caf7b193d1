"""What `doctor` asks about e-mail: is it private, what does the domain publish, does a message come back."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parseaddr
from urllib.parse import parse_qs, urlsplit

import dkim

from bridge.cli.findings import Finding
from bridge.cli.waiting import until
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mail import Mailer
from bridge.clients.mailbox import Mailbox
from bridge.clients.names import Names, is_reserved
from bridge.clients.signing import signed
from bridge.config import Config, MailSettings
from bridge.emails import House, operator_notice, wire
from bridge.inbound.letter import header
from bridge.inbound.parsing import parsed

ROUND_TRIP_SECONDS = 5.0
_RESULT = re.compile(r"\b(spf|dkim|dmarc)=(\w+)")
_UNKNOWN = "run doctor again where names can be looked up"


def mail_findings(config: Config, *, names: Names, relay_answers: Callable[[], bool]) -> list[Finding]:
    """Every check of e-mail that the settings allow, besides the relay's own answer."""
    return [
        *_encryption(config.mail),
        *_published(config.mail, names),
        *_mailbox(config.mail, relay_answers=relay_answers),
    ]


# --- the way there


def _encryption(mail: MailSettings) -> list[Finding]:
    urls = {"SMTP_URL": mail.smtp_url, "IMAP_URL": mail.imap_url}
    found = [one for name, url in urls.items() for one in _in_the_open(name, url.reveal())]
    return found or [Finding("tls", "ok", "relay and mailbox are spoken to in private")]


def _in_the_open(name: str, url: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    private = parts.scheme.endswith("s") or parse_qs(parts.query).get("tls") == ["starttls"]
    here = parts.hostname in {None, "localhost", "::1"} or str(parts.hostname).startswith("127.")
    if private or here:
        return
    told = "the password" if parts.username else "each e-mail"
    remedy = f"in CHAMADOS_{name} write {parts.scheme}s://, or add ?tls=starttls"
    state = "error" if parts.username else "warning"
    yield Finding("tls", state, f"{told} goes to {parts.hostname} unencrypted", remedy)


# --- what the domain publishes


def _published(mail: MailSettings, names: Names) -> Iterator[Finding]:
    domain = parseaddr(mail.sender)[1].rpartition("@")[2]
    envelope = mail.replies or domain
    if is_reserved(domain):
        yield Finding("dns", "ok", f"not asked: {domain} is a name for examples")
        return
    checks: dict[str, Callable[[], Finding]] = {
        "spf": lambda: spf(envelope, names.texts(envelope)),
        "dkim": lambda: _dkim(mail, domain, names),
        "dmarc": lambda: _dmarc(domain, names),
    }
    if mail.replies:
        checks["mx"] = lambda: _mx(mail.replies, names)
    for place, check in enumerate(checks.values()):
        try:
            yield check()
        except Unavailable as error:  # the next question would wait as long
            unknown = ", ".join(name.upper() for name in list(checks)[place:])
            yield Finding("dns", "warning", f"{unknown} not known: {error}", _UNKNOWN)
            return


def spf(domain: str, records: list[str]) -> Finding:
    """The envelope's domain says who may send for it (RFC 7208)."""
    found = [one for one in records if one.lower().split()[:1] == ["v=spf1"]]
    remedy = f'publish one TXT record at {domain}: "v=spf1 include:<your relay> -all"'
    if len(found) != 1:
        many = f"{len(found)} records begin with v=spf1, which counts as none" if found else "there is none"
        return Finding("spf", "error", f"{domain}: {many}", remedy)
    said = found[0].lower().split()
    if {"+all", "all"} & set(said):
        return Finding("spf", "error", f"{domain} lets everybody send: {found[0]}", remedy)
    if not {"-all", "~all"} & set(said) and not any(one.startswith("redirect=") for one in said):
        return Finding("spf", "warning", f"{domain} keeps nobody from sending: {found[0]}", remedy)
    return Finding("spf", "ok", f"{domain}: {found[0]}")


def _dmarc(domain: str, names: Names) -> Finding:
    """What others are to do with e-mails that only claim to be ours; a parent's record counts (RFC 7489)."""
    labels = domain.split(".")
    for place in range(len(labels) - 1):
        asked = "_dmarc." + ".".join(labels[place:])
        found = [one for one in names.texts(asked) if one.lower().startswith("v=dmarc1")]
        if len(found) == 1:
            return Finding("dmarc", "ok", f"{asked}: {found[0]}")
        if found:
            break
    count = f"{asked} has {len(found)} records" if found else f"{domain} has no record"
    remedy = f'publish one TXT record at _dmarc.{domain}: "v=DMARC1; p=quarantine; rua=mailto:<you>"'
    return Finding("dmarc", "warning", f"{count}; large providers ask for one", remedy)


def _dkim(mail: MailSettings, domain: str, names: Names) -> Finding:
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


def _mx(domain: str, names: Names) -> Finding:
    found = names.exchangers(domain)
    if found:
        return Finding("mx", "ok", f"{domain} is taken by {', '.join(found)}")
    remedy = f"publish an MX record at {domain}, or unset CHAMADOS_MAIL_REPLIES"
    return Finding("mx", "error", f"{domain} has no server: no answer and no bounce arrives", remedy)


# --- there and back


def _mailbox(mail: MailSettings, *, relay_answers: Callable[[], bool]) -> Iterator[Finding]:
    if not mail.imap_url:
        yield Finding("imap", "ok", "off: nobody answers by e-mail")
        return
    box = Mailbox(mail.imap_url)
    try:
        yield Finding("imap", "ok", box.probe())
        if relay_answers():
            yield _round_trip(mail, box)
    except (Unavailable, Refused) as error:
        yield Finding("imap", "error", error.reason, "check CHAMADOS_IMAP_URL")
    finally:
        box.close()


def _round_trip(mail: MailSettings, box: Mailbox) -> Finding:
    """Send an e-mail to an address of the replies' domain, and wait for it in the mailbox."""
    token = secrets.token_hex(8)
    recipient = f"doctor+{token}@{mail.replies}"
    message = operator_notice(
        subject="chamados doctor",
        lines=["`chamados doctor` looks whether this comes back."],
        cause=token,
        recipient=recipient,
        house=House(sender=mail.sender, now=datetime.now(UTC)),
    )
    try:
        with Mailer(mail).open() as relay:
            relay.send(wire(message), recipient=recipient, key=token)
    except (Unavailable, Refused) as error:
        return Finding("round trip", "error", f"not sent: {error.reason}", "check CHAMADOS_SMTP_URL")
    raw = until(lambda: box.find(str(message["Message-ID"])), seconds=ROUND_TRIP_SECONDS)
    if raw is None:
        remedy = f"see that every address at {mail.replies} reaches that mailbox"
        return Finding("round trip", "error", f"sent, but not here after {ROUND_TRIP_SECONDS:.0f} s", remedy)
    return judged(header(parsed(raw), "Authentication-Results"))


def judged(results: str) -> Finding:
    """What the receiving server made of it, where it says so (RFC 8601)."""
    said = dict(_RESULT.findall(results.lower()))
    words = ", ".join(f"{name}={result}" for name, result in said.items())
    if {"fail", "softfail", "permerror"} & set(said.values()):
        return Finding("round trip", "error", f"came back with {words}", "see the lines above")
    return Finding("round trip", "ok", f"came back{f', {words}' if words else ''}")
