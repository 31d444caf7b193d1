"""Signing in through the vendor's own partner panel: its link may lead straight to the form."""

import secrets
from typing import Any

from flask import abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.identity import Identity, Pending
from bridge.portal import access, sign_in
from bridge.portal.access import services
from bridge.portal.pages import pages
from bridge.store import people
from bridge.store.tables import Partner

PENDING = "openid"
UNAVAILABLE = "O acesso pelo painel não respondeu. Tente de novo em instantes ou entre por e-mail."
NOT_GOOD = "O acesso pelo painel não foi confirmado. Comece de novo."
UNKNOWN = "Seu usuário do painel ainda não está ligado a um parceiro cadastrado. Fale com o suporte."


@pages.get("/entrar/painel")
def begin() -> ResponseReturnValue:
    """Go to the issuer; what comes back is known by what this browser keeps. Nothing else changes."""
    provider, wanted = services().identities, access.own_path(request.args.get("next", ""))
    if not provider.available:
        abort(404)
    if access.visitor() is not None:
        return redirect(wanted, 303)
    pending = Pending(
        state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48)
    )
    try:
        address = provider.begin(pending, callback=_callback())
    except (Unavailable, Refused):
        return _failed(UNAVAILABLE), 503
    session[PENDING] = {**pending.document(), "next": wanted}
    return redirect(address, 303)


@pages.get("/entrar/painel/retorno")
def finish() -> ResponseReturnValue:
    """Come back from the issuer. It is a GET because the protocol's is; only a code that this browser asked
    for opens a session."""
    kept: dict[str, Any] | None = session.get(PENDING)
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not kept or not code or not secrets.compare_digest(state.encode(), str(kept["state"]).encode()):
        return _failed(NOT_GOOD), 403
    session.pop(PENDING)
    pending = Pending(state=kept["state"], nonce=kept["nonce"], verifier=kept["verifier"])
    try:
        identity = services().identities.finish(pending, code=code, callback=_callback())
    except Unavailable:
        return _failed(UNAVAILABLE), 503
    except Refused:
        return _failed(NOT_GOOD), 403
    return _enter(identity, access.own_path(str(kept["next"])))


def _enter(identity: Identity, wanted: str) -> ResponseReturnValue:
    with services().store.begin() as db:
        partner = _partner(db, identity)
        opened = sign_in.open_session(db, partner.id) if partner else None
    return sign_in.entered(opened, wanted) if opened else (_failed(UNKNOWN), 403)


def _partner(db: Session, identity: Identity) -> Partner | None:
    """By issuer and subject; a proved address counts only the first time."""
    issuer, subject = identity.issuer, identity.subject
    known = people.identified(db, issuer=issuer, subject=subject)
    if known is not None or not identity.verified_email:
        return known
    return people.link_identity(
        db,
        issuer=issuer,
        subject=subject,
        verified_email=identity.verified_email,
        now=services().clock(),
    )


def _callback() -> str:
    return f"{services().config.public_url}{url_for('portal.finish')}"


def _failed(sentence: str) -> str:
    return render_template("portal/sign_in_failed.html", sentence=sentence)
