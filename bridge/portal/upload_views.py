"""Files in pieces, so that a cut connection costs only the piece: tus 1.0, https://tus.io/protocols/resumable-upload

Bytes are written where they belong, by position: what a request that was given up for dead still writes is
what its successor writes there, too.
"""

import base64
import binascii
import shutil
from collections.abc import Callable
from contextlib import suppress
from email.utils import format_datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec

from flask import Response, abort, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected

from bridge.portal import access, file_kinds, files, form_page
from bridge.portal.access import answers_scripts, services
from bridge.portal.files import CHUNK, FileRefused, NotNow
from bridge.portal.pages import pages
from bridge.portal.terms import MAXIMUM_FILES, terms
from bridge.store import arriving, drafts
from bridge.store.tables import ArrivingFile

P = ParamSpec("P")
VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination"
PIECES = "application/offset+octet-stream"
PART = ".part"
SPARE = 512 * 1024**2
"""Bytes that stay free on the disk, for the database and for what is still to be filed."""
NO_SPACE = "não há espaço para ele agora. Envie um link ou tente mais tarde."


def speaks_tus(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Say which version is spoken, and refuse others."""

    @wraps(view)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> Response:
        if request.headers.get("Tus-Resumable") != VERSION:
            answer = make_response("", 412)
            answer.headers["Tus-Version"] = VERSION
        else:
            answer = make_response(view(*args, **kwargs))
        answer.headers["Tus-Resumable"] = VERSION
        return answer

    return spoken


@pages.route("/chamados/novo/<draft_id>/envios", methods=["OPTIONS"], provide_automatic_options=False)
@answers_scripts
def upload_options(draft_id: str) -> ResponseReturnValue:
    """What this server can do."""
    sizes = {"Tus-Max-Size": str(terms(services()).limit)}
    return "", 204, {"Tus-Resumable": VERSION, "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, **sizes}


@pages.post("/chamados/novo/<draft_id>/envios")
@answers_scripts
@speaks_tus
def begin_upload(draft_id: str) -> ResponseReturnValue:
    """Expect a file: its name is judged and its size held against what is left, before a byte is sent."""
    given = request.headers.get("Upload-Length", "")
    length = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else abort(400)
    try:
        name = files.admitted_name(_told_name(), terms(services()))
        row = _expected(draft_id, name, length)
    except FileRefused as refusal:
        return jsonify(erro=refusal.reason), 422
    _path(row).parent.mkdir(parents=True, exist_ok=True)
    _path(row).touch()
    address = url_for("portal.receive_piece", draft_id=draft_id, arriving_id=row.id)
    return "", 201, {"Location": address, **_expires(row)}


@pages.route("/chamados/novo/<draft_id>/envios/<arriving_id>", methods=["HEAD"])
@answers_scripts
@speaks_tus
def upload_state(draft_id: str, arriving_id: str) -> ResponseReturnValue:
    """How much has come."""
    row = _found(draft_id, arriving_id)
    sizes = {"Upload-Offset": str(_size(row)), "Upload-Length": str(row.length)}
    return "", 200, {**sizes, **_expires(row)}


@pages.patch("/chamados/novo/<draft_id>/envios/<arriving_id>")
@answers_scripts
@speaks_tus
def receive_piece(draft_id: str, arriving_id: str) -> ResponseReturnValue:
    """Take a piece; with the last one the file is looked into and becomes the draft's, or is refused."""
    row = _found(draft_id, arriving_id)
    if request.mimetype != PIECES:
        abort(415)
    offset = _size(row)
    if request.headers.get("Upload-Offset") != str(offset):
        return "", 409, {"Upload-Offset": str(offset)}
    try:
        offset = row.length if row.upload_id is not None else _take_piece(row, offset)
    except FileRefused as refusal:
        if not isinstance(refusal, NotNow):
            _give_up(row)
        return jsonify(erro=refusal.reason), 503 if isinstance(refusal, NotNow) else 422
    return "", 204, {"Upload-Offset": str(offset), **_expires(row)}


@pages.delete("/chamados/novo/<draft_id>/envios/<arriving_id>")
@answers_scripts
@speaks_tus
def stop_upload(draft_id: str, arriving_id: str) -> ResponseReturnValue:
    """The partner does not want to send it after all."""
    _give_up(_found(draft_id, arriving_id))
    return "", 204


def _told_name() -> str:
    """The `filename` of Upload-Metadata: pairs split by commas, values in base64."""
    pairs = [pair.strip().partition(" ") for pair in request.headers.get("Upload-Metadata", "").split(",")]
    told = {key: value for key, _, value in pairs}
    try:
        return base64.b64decode(told.get("filename", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        abort(400)


def _expected(draft_id: str, name: str, length: int) -> ArrivingFile:
    partner, now = access.partner(), services().clock()
    if length > terms(services()).limit:
        raise files.too_large(name, terms(services()))
    if length == 0:
        raise FileRefused(name, files.EMPTY)
    _require_space(name, length)
    with services().store.begin() as db:
        draft = drafts.ensure(db, partner, form_page.draft_name(draft_id), now=now)
        if draft is None or draft.ticket_id is not None:
            abort(404)
        there = drafts.count_uploads(db, partner, draft_id=draft_id)
        if there + arriving.count(db, partner, draft_id=draft_id, now=now) >= MAXIMUM_FILES:
            raise FileRefused(name, files.TOO_MANY)
        if arriving.held_bytes(db, partner, now=now) + length > services().config.uploads.quota:
            raise files.no_quota(services(), name)
        return arriving.begin(db, partner, draft_id=draft_id, filename=name, length=length, now=now)


def _require_space(name: str, length: int) -> None:
    folder = services().config.files
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free - 2 * length < SPARE:  # the piecemeal file, and its copy that is kept
        raise NotNow(name, NO_SPACE)


def _found(draft_id: str, arriving_id: str) -> ArrivingFile:
    with services().store.read() as db:
        row = arriving.find(db, access.partner(), arriving_id, draft_id=draft_id) or abort(404)
    return row if row.expires_at > services().clock() else abort(410)


def _take_piece(row: ArrivingFile, offset: int) -> int:
    """Write it down; how much there is then."""
    after = _write(row, offset)
    if after == row.length:
        _arrive(row)
        return after
    with services().store.begin() as db:
        arriving.keep_waiting(db, row, now=services().clock())
    if offset == 0 and after >= CHUNK:
        _refuse_at_first_sight(row)
    return after


def _refuse_at_first_sight(row: ArrivingFile) -> None:
    """A large file that is not what its name says need not come whole to be refused."""
    ending = file_kinds.ending_of(row.filename)
    if not file_kinds.begins_like(_path(row), ending):
        raise FileRefused(row.filename, str(file_kinds.not_one(ending)))


def _write(row: ArrivingFile, offset: int) -> int:
    """Write the piece; of a request that breaks off, what had come. Where it ends."""
    with _path(row).open("r+b") as target:
        target.seek(offset)
        with suppress(ClientDisconnected):
            while offset < row.length and (chunk := request.stream.read(min(CHUNK, row.length - offset))):
                target.write(chunk)
                offset += len(chunk)
    return offset


def _arrive(row: ArrivingFile) -> None:
    with _path(row).open("rb") as content:
        stored = files.store(services(), row.filename, content)
    with services().store.begin() as db:
        new = arriving.arrive(db, access.partner(), row, stored, now=services().clock())
    if not new:
        files.forget(services().config.files, [stored.stored_as])
    _path(row).unlink(missing_ok=True)


def _give_up(row: ArrivingFile) -> None:
    with services().store.begin() as db:
        arriving.give_up(db, row)
    _path(row).unlink(missing_ok=True)


def _size(row: ArrivingFile) -> int:
    """How much has come. One that has arrived is a file of the draft's and no longer lies here."""
    if row.upload_id is not None:
        return row.length
    path = _path(row)
    return path.stat().st_size if path.exists() else abort(404)


def _path(row: ArrivingFile) -> Path:
    return services().config.files / f"{row.id}{PART}"


def _expires(row: ArrivingFile) -> dict[str, str]:
    return {"Upload-Expires": format_datetime(row.expires_at, usegmt=True)}
