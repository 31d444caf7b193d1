"""What a recipient of a ticket's e-mails chooses. No session: the link in each says whose choice it is."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bridge import proofs
from bridge.domain import reference
from bridge.portal.access import services
from bridge.portal.pages import pages
from bridge.rules.following import Follower, Pace
from bridge.store import followers
from bridge.store.tables import Ticket
from bridge.store.tickets import journal

NOTICES = {
    "parar": "Pronto: você não recebe mais as notícias deste chamado.",
    "voltar": "Pronto: você volta a receber as notícias deste chamado.",
    "querer": "Pronto: as próximas notícias deste chamado chegam por e-mail.",
    "recusar": "Pronto: não vamos mais escrever para este endereço.",
    "ritmo": "Pronto: guardamos a sua preferência, que vale para todos os chamados.",
}


@pages.get("/avisos/<token>")
def choices(token: str) -> ResponseReturnValue:
    """What this person receives, and can choose. Nothing changes by looking."""
    found = _found(token)
    if found is None:
        return _gone(token)
    ticket, follower = found
    return render_template(
        "portal/following.html",
        token=token,
        ref=reference(ticket.id),
        title=ticket.title if follower.proved else "",
        follower=follower,
        paces=[one.value for one in Pace],
        notice=NOTICES.get(request.args.get("aviso", ""), ""),
    )


@pages.post("/avisos/<token>")
def choose(token: str) -> ResponseReturnValue:
    """One click from the mail program (RFC 8058: no cookie, no redirect), or a button of the page."""
    found = _found(token)
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    if found is None:
        return ("", 200) if one_click else _gone(token)
    chosen = "parar" if one_click else request.form.get("acao", "")
    if chosen in CHOICES:
        with services().store.begin() as db:
            CHOICES[chosen](db, *found)
            _journal(db, found[0].id, f"{found[1].email} chose {chosen}", one_click=one_click)
    if one_click:
        return "", 200
    return redirect(url_for("portal.choices", token=token, aviso=chosen), 303)


def _stop(db: Session, ticket: Ticket, follower: Follower) -> None:
    followers.mute(db, ticket.id, follower.email, now=services().clock())


def _resume(db: Session, ticket: Ticket, follower: Follower) -> None:
    followers.mute(db, ticket.id, follower.email, now=None)


def _accept(db: Session, ticket: Ticket, follower: Follower) -> None:
    followers.answer(db, follower.email, wants=True, now=services().clock())
    _resume(db, ticket, follower)


def _refuse(db: Session, ticket: Ticket, follower: Follower) -> None:
    followers.answer(db, follower.email, wants=False, now=services().clock())


def _set_pace(db: Session, ticket: Ticket, follower: Follower) -> None:
    wanted = request.form.get("ritmo", "")
    if wanted in {one.value for one in Pace}:
        followers.set_pace(db, follower.email, Pace(wanted))


CHOICES: dict[str, Callable[[Session, Ticket, Follower], None]] = {
    "parar": _stop,
    "voltar": _resume,
    "querer": _accept,
    "recusar": _refuse,
    "ritmo": _set_pace,
}


def _journal(db: Session, ticket_id: int, outcome: str, *, one_click: bool) -> None:
    cause = "one click in the mail program" if one_click else "the e-mail's page"
    journal(db, ticket_id, act="mail", cause=cause, outcome=outcome, now=services().clock())


def _found(token: str) -> tuple[Ticket, Follower] | None:
    """Whose token it is; None for one that is nobody's, or of somebody who is not in the list any more."""
    read = proofs.read_following_token(token)
    if read is None:
        return None
    with services().store.read() as db:
        ticket = db.get(Ticket, read[0])
        for one in followers.of_ticket(db, ticket) if ticket else ():
            if ticket and _is_theirs(one.email, *read):
                return ticket, one
    return None


def _gone(token: str) -> ResponseReturnValue:
    """To who was taken from the list, that; else, that the link is none of ours."""
    read = proofs.read_following_token(token)
    with services().store.read() as db:
        removed = followers.removed(db, read[0]) if read else ()
    was_here = any(read and _is_theirs(email, *read) for email in removed)
    return render_template("portal/following_gone.html", was_here=was_here), 404


def _is_theirs(email: str, ticket_id: int, tag: str) -> bool:
    secret = services().config.secret_key
    return proofs.is_following_of(secret, ticket_id=ticket_id, recipient=email, tag=tag)
