"""The API for the vendor's own partner panel: file a ticket, list them, look at one."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from bridge.domain import reference, ticket_id
from bridge.portal import access, schemas, selection, timeline
from bridge.portal.access import services
from bridge.portal.files import Intake, forget, take_in
from bridge.portal.openapi import document
from bridge.portal.pages import api
from bridge.portal.schemas import Answers, Errors
from bridge.portal.selection import ALL, FILTERS
from bridge.portal.terms import MAXIMUM_FILES
from bridge.store import drafts, listing, panel
from bridge.store.drafts import StoredFile
from bridge.store.filing import Submission, file_ticket, filed_before
from bridge.store.tables import Partner, Ticket
from mappings.form import FieldType

P = ParamSpec("P")
KEY_HEADER = "Idempotency-Key"
KEY_LENGTH = 255
KEY_TAKEN = "Esta chave já foi usada com outro conteúdo. Use uma chave nova para um chamado novo."
KEY_BAD = f"A chave deve ter de 1 a {KEY_LENGTH} caracteres visíveis."
LISTS = {FieldType.EMAILS, FieldType.STEPS}


def requires_token(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let only bearers of a partner's token in; others learn nothing but that."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if access.token_bearer() is None:
            return jsonify(erro="Não autorizado"), 401, {"WWW-Authenticate": "Bearer"}
        return view(*args, **kwargs)

    setattr(guarded, access.POLICY, "token")
    return guarded


@api.get("/openapi.json")
def describe() -> ResponseReturnValue:
    return jsonify(document(services().mappings.form, services().config.public_url))


@api.post("/chamados")
@requires_token
def file() -> ResponseReturnValue:
    """File a ticket. The same key and content again get the same answer, and no second ticket."""
    key = request.headers.get(KEY_HEADER)
    if key is not None and not (0 < len(key) <= KEY_LENGTH and key.isprintable()):
        return _refused({KEY_HEADER: [KEY_BAD]})
    given, intake = _received()
    try:
        return _judged(given, intake, key)
    except BaseException:
        _drop(intake)
        raise


@api.get("/chamados", endpoint="listing")
@requires_token
def list_() -> ResponseReturnValue:
    """The organisation's tickets, the latest first; `situacao` and `busca` narrow them as in the panel."""
    asked = selection.asked(request.args, usual=ALL)
    if request.args.get("situacao", ALL) not in FILTERS:
        return _refused({"situacao": [f"Use um destes: {', '.join(FILTERS)}."]})
    with services().store.read() as db:
        present = listing.by_status(db, _bearer())
        wanted = selection.wanted(asked, services().mappings.workflow, present)
        found = listing.lines(db, _bearer(), wanted)
    return jsonify(
        chamados=[
            {
                **_named(line.id, line.status),
                "titulo": line.title,
                "desde": line.status_since.isoformat(),
                "aberto_em": line.created_at.isoformat(),
            }
            for line in found
        ]
    )


@api.get("/chamados/<ref>")
@requires_token
def show(ref: str) -> ResponseReturnValue:
    """One ticket. Another organisation's looks exactly like none."""
    with services().store.read() as db:
        ticket = panel.ticket(db, _bearer(), ticket_id(ref)) or abort(404)
        story = panel.story(db, _bearer(), ticket.id)
    moments = timeline.told(ticket, story, services().mappings.workflow)
    return jsonify(
        **_named(ticket.id, ticket.status),
        desde=ticket.status_since.isoformat(),
        aberto_em=ticket.created_at.isoformat(),
        prazo=ticket.due_date.isoformat() if ticket.due_date else None,
        url_homologacao=ticket.staging_url or None,
        versao=ticket.version or None,
        respostas=ticket.answers,
        arquivos=[{"nome": one.filename, "tamanho": one.size, "sha256": one.sha256} for one in story.uploads],
        andamento=[
            {
                "em": one.at.isoformat(),
                "titulo": one.headline,
                "texto": one.text,
                "editado_em": one.edited_at.isoformat() if one.edited_at else None,
                "emails": one.mails,
            }
            for one in moments
        ],
    )


# --- what came in ---------------------------------------------------------------------------------------


def _received() -> tuple[Mapping[str, Any], Intake]:
    """The request's fields, and its files already stored."""
    if request.mimetype == "application/json":
        try:
            given = request.get_json()
        except (BadRequest, RecursionError):
            abort(400)
        return given, Intake(stored=(), refusals=())
    if request.mimetype != "multipart/form-data":
        abort(415)
    name = _files_name()
    intake = take_in(services(), request.files.getlist(name), _bearer(), room=MAXIMUM_FILES)
    strangers = {other: "" for other in request.files if other != name}
    return {**_form_fields(), **strangers}, intake


def _form_fields() -> dict[str, Any]:
    lists = {field.name for field in services().mappings.form.fields.values() if field.type in LISTS}
    given: dict[str, Any] = {}
    for name, values in request.form.lists():
        is_list = name in lists or name == schemas.LINKS
        given[name] = values if is_list and len(values) > 1 else values[0]
    return given


def _files_name() -> str:
    field = schemas.files_field(services().mappings.form)
    return field.name if field else "arquivos"


def _judged(given: Mapping[str, Any], intake: Intake, key: str | None) -> ResponseReturnValue:
    answers, errors = schemas.check(services().mappings.form, given)
    if intake.refusals:
        errors = {**errors, _files_name(): list(intake.refusals)}
    if errors:
        _drop(intake)
        return _refused(errors)
    digest = _digest(answers, intake.stored)
    ticket, fresh = _filed_once(answers, intake, key, digest)
    if not fresh:
        _drop(intake)
        if ticket.request_hash != digest:
            return _refused({KEY_HEADER: [KEY_TAKEN]})
    location = {"Location": url_for("api.show", ref=reference(ticket.id))}
    # The answer is the one given when the ticket was filed, whatever its status has become since.
    return jsonify(_named(ticket.id, services().mappings.workflow.initial.name)), 201, location


def _filed_once(answers: Answers, intake: Intake, key: str | None, digest: str) -> tuple[Ticket, bool]:
    """The ticket, and whether this request made it."""
    try:
        with services().store.begin() as db:
            before = filed_before(db, partner_id=_bearer().id, idempotency_key=key) if key else None
            return (before, False) if before else (_file(db, answers, intake, key, digest), True)
    except IntegrityError:
        # On PostgreSQL two requests with one key may get this far together; the other was first.
        with services().store.read() as db:
            before = filed_before(db, partner_id=_bearer().id, idempotency_key=key) if key else None
        if before is None:
            raise
        return before, False


def _file(db: Session, answers: Answers, intake: Intake, key: str | None, digest: str) -> Ticket:
    partner, now = _bearer(), services().clock()
    rows = [drafts.add_upload(db, partner, one, draft_id=None, now=now) for one in intake.stored]
    submission = Submission(
        partner=partner,
        answers=answers,
        upload_ids=tuple(row.id for row in rows),
        idempotency_key=key,
        request_hash=digest,
    )
    return file_ticket(db, submission, status=services().mappings.workflow.initial.name, now=now)


def _digest(answers: Answers, stored: tuple[StoredFile, ...]) -> str:
    """What the request says, however it was wrapped: multipart boundaries differ with every try."""
    content = {"answers": answers, "files": [[one.filename, one.sha256] for one in stored]}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _drop(intake: Intake) -> None:
    forget(services().config.files, [one.stored_as for one in intake.stored])


# --- what goes out --------------------------------------------------------------------------------------


def _named(number: int, status: str) -> dict[str, str]:
    path = url_for("portal.show", ref=reference(number))
    return {
        "referencia": reference(number),
        "url": f"{services().config.public_url}{path}",
        "status": services().mappings.workflow.plain(status),
    }


def _refused(errors: Errors) -> tuple[Response, int]:
    return jsonify(erros={_spelled(name): said for name, said in errors.items()}), 422


def _spelled(name: str) -> str:
    return "corpo" if name == "_schema" else name


def _bearer() -> Partner:
    return access.token_bearer() or abort(401)
