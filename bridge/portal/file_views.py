"""Files go out as downloads, to those who may see them; only thumbnails that we drew ourselves are shown."""

from pathlib import Path

from flask import Response, abort, send_file
from flask.typing import ResponseReturnValue

from bridge.domain import ticket_id
from bridge.portal import access, files
from bridge.portal.access import requires_partner, services
from bridge.portal.pages import pages
from bridge.store import drafts, panel
from bridge.store.tables import Upload

MAXIMUM_ID = 2**63
NOTHING_RUNS = "default-src 'none'; sandbox"
THUMBNAIL_SECONDS = 3600


@pages.get("/chamados/<ref>/arquivos/<int:upload_id>")
@requires_partner
def download(ref: str, upload_id: int) -> ResponseReturnValue:
    """A file of a ticket that the visitor may see."""
    return _handed_out(_of_ticket(ref, upload_id))


@pages.get("/chamados/<ref>/arquivos/<int:upload_id>/miniatura")
@requires_partner
def thumbnail(ref: str, upload_id: int) -> ResponseReturnValue:
    return _shown_small(_of_ticket(ref, upload_id))


@pages.get("/chamados/novo/<draft_id>/arquivos/<int:upload_id>")
@requires_partner
def download_draft(draft_id: str, upload_id: int) -> ResponseReturnValue:
    """A file of the visitor's own draft."""
    return _handed_out(_of_draft(draft_id, upload_id))


@pages.get("/chamados/novo/<draft_id>/arquivos/<int:upload_id>/miniatura")
@requires_partner
def thumbnail_draft(draft_id: str, upload_id: int) -> ResponseReturnValue:
    return _shown_small(_of_draft(draft_id, upload_id))


def _of_ticket(ref: str, upload_id: int) -> Upload:
    with services().store.read() as db:
        ticket = panel.ticket(db, access.partner(), ticket_id(ref)) or abort(404)
        story = panel.story(db, access.partner(), ticket.id)
    return next((upload for upload in story.uploads if upload.id == upload_id), None) or abort(404)


def _of_draft(draft_id: str, upload_id: int) -> Upload:
    if upload_id >= MAXIMUM_ID:
        abort(404)
    with services().store.read() as db:
        return drafts.own_upload(db, access.partner(), upload_id, draft_id=draft_id) or abort(404)


def _handed_out(upload: Upload) -> Response:
    """Whatever is in it, a browser saves it and does not open it on our host."""
    return _sent(_stored(upload), name=upload.filename, mimetype="application/octet-stream")


def _shown_small(upload: Upload) -> Response:
    response = _sent(files.small(_stored(upload)), name=None, mimetype="image/jpeg")
    response.headers["Cache-Control"] = f"private, max-age={THUMBNAIL_SECONDS}"
    return response


def _stored(upload: Upload) -> Path:
    return services().config.files / Path(upload.stored_as).name


def _sent(path: Path, *, name: str | None, mimetype: str) -> Response:
    if not path.is_file():
        abort(404)
    response = send_file(
        path.resolve(), mimetype=mimetype, as_attachment=name is not None, download_name=name, etag=False
    )
    response.headers["Content-Security-Policy"] = NOTHING_RUNS
    response.headers["Cache-Control"] = "no-store"
    return response
