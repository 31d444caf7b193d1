"""Signing in by a link sent by e-mail, and out. Looking at a link never uses it up: mail scanners look.

A link works in the browser that asked for it. Opened in another one it shows a short code, which is typed in
the first: whoever opens the mail on a phone signs in at the desk.
"""

from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bridge import emails
from bridge.portal import access, answers
from bridge.portal.access import services
from bridge.portal.devices import device
from bridge.portal.pages import pages
from bridge.store import counters, mails, people
from bridge.store.tables import Partner

MAIL_KIND = "entrar"
ASKED_BY_STRANGERS = "links asked for by strangers"
BROWSER_LIFE = 30 * 24 * 3600
WRONG_CODE = "Este código não vale, ou o link já foi usado. Confira as letras ou peça outro link."
SESSION_ENDED = "Sua sessão terminou. O que você escreveu está guardado: entre para continuar."
ASK_FOR_EMAIL = "Informe um e-mail no formato nome@empresa.com.br."


@pages.get("/entrar")
def sign_in() -> ResponseReturnValue:
    """Ask for the e-mail."""
    if access.visitor() is not None:
        return redirect(access.own_path(request.args.get("next", "")), 303)
    return _with_browser_cookie(_ask(email="", error=""))


@pages.post("/entrar")
def request_link() -> ResponseReturnValue:
    """Send a link to a registered address. The answer is the same for every address."""
    typed = request.form.get("email", "").strip()
    try:
        email = answers.address(typed)
    except ValidationError:
        return _with_browser_cookie(_ask(email=typed, error=ASK_FOR_EMAIL)), 422
    browser = access.read_cookie(access.BROWSER_COOKIE) or people.new_token()
    page = Response(render_template("portal/link_sent.html", email=email), mimetype="text/html")
    _send_link(email, browser=browser, next_url=access.own_path(request.form.get("next", "")))
    access.set_cookie(page, access.BROWSER_COOKIE, browser, seconds=BROWSER_LIFE)
    return page


@pages.get("/entrar/codigo")
def ask_for_code() -> ResponseReturnValue:
    """Ask for the code that another browser shows."""
    return render_template("portal/code.html", error="", code="")


@pages.post("/entrar/codigo")
def use_code() -> ResponseReturnValue:
    """Use the link that the code stands for; only in the browser that asked for it, and with few tries."""
    typed, browser = request.form.get("codigo", ""), access.read_cookie(access.BROWSER_COOKIE)
    with services().store.begin() as db:
        link = people.use_code(db, typed, secret=_secret(), browser=browser, now=services().clock())
        opened = open_session(db, link.partner_id) if link else None
    if link is None or opened is None:
        return render_template("portal/code.html", error=WRONG_CODE, code=typed), 422
    return entered(opened, link.next_url)


@pages.get("/entrar/<token>")
def open_link(token: str) -> ResponseReturnValue:
    """Show the button that uses the link, or the code where it was opened elsewhere. Nothing changes."""
    with services().store.read() as db:
        link = people.open_link(db, token, now=services().clock())
    if link is None:
        return render_template("portal/link_spent.html"), 410
    if link.browser_hash != people.hashed(access.read_cookie(access.BROWSER_COOKIE)):
        shown = people.code(_secret(), link.token_hash)
        return render_template("portal/link_elsewhere.html", code=f"{shown[:3]}-{shown[3:]}")
    return render_template("portal/link_open.html", token=token)


@pages.post("/entrar/<token>")
def use_link(token: str) -> ResponseReturnValue:
    """Use the link up and open a session; only in the browser that asked for it."""
    browser = access.read_cookie(access.BROWSER_COOKIE)
    with services().store.begin() as db:
        link = people.use_link(db, token, browser=browser, now=services().clock())
        opened = open_session(db, link.partner_id) if link else None
    return entered(opened, link.next_url) if link and opened else open_link(token)


def open_session(db: Session, partner_id: int) -> str:
    """A session for the browser that asks; its token."""
    agent = device(request.headers.get("User-Agent", ""))
    return people.open_session(db, partner_id, now=services().clock(), device=agent)


def entered(token: str, wanted: str) -> Response:
    """On to the page that was wanted, with the session's cookie."""
    session.clear()
    response = redirect(access.own_path(wanted), 303)
    access.set_cookie(
        response, access.SESSION_COOKIE, token, seconds=int(people.ABSOLUTE_LIMIT.total_seconds())
    )
    return response


@pages.post("/sair")
def sign_out() -> ResponseReturnValue:
    """End the session here and in the database."""
    with services().store.begin() as db:
        people.close_session(db, access.read_cookie(access.SESSION_COOKIE))
    session.clear()
    response = redirect(url_for("portal.sign_in", saiu="1"), 303)
    access.drop_cookie(response, access.SESSION_COOKIE)
    return response


def _secret() -> str:
    return services().config.secret_key.reveal()


def _ask(*, email: str, error: str) -> str:
    wanted = request.values.get("next", "")
    kept = parse_qs(urlsplit(wanted).query).get("aviso") == ["sessao"]
    return render_template(
        "portal/sign_in.html",
        email=email,
        error=error,
        notice=SESSION_ENDED if kept else "",
        next_url=wanted,
        provider=services().identities,
    )


def _with_browser_cookie(page: str) -> Response:
    response = Response(page, mimetype="text/html")
    if not access.read_cookie(access.BROWSER_COOKIE):
        access.set_cookie(response, access.BROWSER_COOKIE, people.new_token(), seconds=BROWSER_LIFE)
    return response


def _send_link(email: str, *, browser: str, next_url: str) -> None:
    """A stranger's costs as much as a partner's, so that no clock tells who is registered."""
    now, token = services().clock(), people.new_token()
    with services().store.read() as db:
        found = people.by_email(db, email)
    partner = found if found and found.active else None
    recipient = partner.email if partner else email
    message = _letter(recipient, partner, token)
    with services().store.begin() as db:
        written = db.begin_nested()
        if partner is None or _write_link(db, partner, token, browser=browser, next_url=next_url):
            mails.queue(
                db,
                ticket_id=None,
                cause=f"login:{people.hashed(token)[:16]}",
                kind=MAIL_KIND,
                recipient=recipient,
                message=message,
                now=now,
            )
        if partner is None:
            db.flush()
            written.rollback()
            counters.count(db, ASKED_BY_STRANGERS, now=now)  # a commit of nothing would be quicker


def _write_link(db: Session, partner: Partner, token: str, *, browser: str, next_url: str) -> bool:
    now = services().clock()
    before = people.lately_signed_in(db, access.read_cookie(access.SESSION_COOKIE), now=now)
    known = before is not None and before.id == partner.id
    return people.write_link(db, partner, token, browser=browser, known=known, next_url=next_url, now=now)


def _letter(recipient: str, partner: Partner | None, token: str) -> EmailMessage:
    config = services().config
    return emails.sign_in(
        mappings=services().mappings,
        partner_name=partner.name if partner else recipient,
        recipient=recipient,
        url=f"{config.public_url}{url_for('portal.open_link', token=token)}",
        house=emails.House(sender=config.mail.sender, now=services().clock()),
    )
