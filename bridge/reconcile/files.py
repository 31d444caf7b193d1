"""The partner's files, brought into the issue: streamed, then read back to see that they are the same."""

from pathlib import PurePath

import structlog
from sqlalchemy import bindparam, select

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.jira import Paragraph
from bridge.clients.jira.files import FORBIDDEN
from bridge.domain import Issue
from bridge.reconcile.speech import say_once
from bridge.services import Services
from bridge.store.claims import Claim, hold, writing
from bridge.store.file_limit import file_limit
from bridge.store.tables import Ticket, Upload
from bridge.store.tickets import journal

TRIES = 2
"""How often in one look a file is sent that Jira keeps otherwise than it was."""
LAG = 2.0
LAG_ATTEMPTS = 3
"""Seconds between, and number of, looks before a file that cannot be read back is taken for good."""
AWAY = 2
"""After so many files that had to wait the others need not be tried in the same look."""
NOT_ATTACHED = "O arquivo “{name}” ({size} bytes), enviado pelo parceiro, não pôde ser anexado: {reason}"

log = structlog.get_logger()


_WAITING = select(Upload).where(
    Upload.ticket_id == bindparam("ticket"), Upload.jira_id.is_(None), Upload.refusal == ""
)


def waiting_files(services: Services, ticket_id: int) -> list[Upload]:
    """The files that Jira neither has nor has refused."""
    with services.store.read() as db:
        return list(db.scalars(_WAITING, {"ticket": ticket_id}))


def attach_files(services: Services, claimed: Claim, ticket: Ticket, issue: Issue) -> list[str]:
    """Send the files that the issue does not have yet. One that Jira refuses is named, the rest goes on.

    Raises:
        Unavailable: a file has to wait; what could be sent was.
    """
    said: list[str] = []
    away: list[Unavailable] = []
    for upload in waiting_files(services, claimed.ticket_id):
        try:
            said.append(_attach(services, claimed, ticket, issue, upload))
        except Unavailable as error:
            away.append(error.about(f"file {upload.id}"))
            if len(away) == AWAY:
                break
    if away:
        raise away[0]
    return said


def jira_filename(filename: str, sha256: str) -> str:
    """`print-3fa9c2d1.png`: the content's hash in the name lets a repeat find what is there already."""
    path = PurePath(filename.translate(FORBIDDEN))
    return f"{path.stem}-{sha256[:8]}{path.suffix}"


def _attach(services: Services, claimed: Claim, ticket: Ticket, issue: Issue, upload: Upload) -> str:
    name = jira_filename(upload.filename, upload.sha256)
    # What a look says of itself is logged, and a file's name is the partner's: the journal alone has it.
    jira_id, refusal, said = None, "", f"attached file {upload.id}"
    try:
        _check(services, upload)
        jira_id, outcome = _kept(services, claimed, ticket, issue, upload)
    except Refused as error:
        refusal, said = error.reason, f"Jira refused file {upload.id}"
        outcome = f"Jira refused {name}: {refusal}"
        _say_so(services, claimed, issue, upload, refusal)
    with writing(services.store, claimed) as db:
        row = db.get_one(Upload, upload.id)
        row.jira_id, row.refusal = jira_id, refusal
        cause = f"file {upload.id}"
        journal(db, claimed.ticket_id, act="attach", cause=cause, outcome=outcome, now=services.clock())
    return said


def _check(services: Services, upload: Upload) -> None:
    """
    Raises:
        Refused: it need not be sent. A server may cut the line instead of saying that a body is too long.
    """
    with services.store.read() as db:
        limit = file_limit(db)
    if upload.size > limit:
        raise Refused("Jira", f"takes files of up to {limit} bytes, and this one has {upload.size}")
    if not (services.config.files / upload.stored_as).is_file():
        raise Refused("Jira", "was not asked: the file is not in CHAMADOS_FILES any more")


def _kept(
    services: Services, claimed: Claim, ticket: Ticket, issue: Issue, upload: Upload
) -> tuple[str, str]:
    """The id under which Jira keeps exactly this file, and how it came to be there.

    Raises:
        Unavailable, Refused: from the client, or because Jira keeps something else.
    """
    name = jira_filename(upload.filename, upload.sha256)
    for there in issue.attachments:
        alike = (there.filename, there.size) == (name, upload.size)
        if alike and _weighed(services, claimed, ticket, there.id, upload):
            return there.id, f"{name} was there already: an answer of Jira's had been lost"
    for _ in range(TRIES):
        jira_id = _send(services, claimed, issue, upload, name)
        weighed = _weighed(services, claimed, ticket, jira_id, upload)
        if weighed:
            return jira_id, f"attached {name}, {weighed}"
        _remove(services, jira_id)
    raise Refused("Jira", f"kept {name} otherwise than it was sent, {TRIES} times")


def _weighed(services: Services, claimed: Claim, ticket: Ticket, jira_id: str, upload: Upload) -> str:
    """How we know that Jira keeps the same bytes; empty when it keeps others.

    Raises:
        Unavailable: it cannot be read back, or not yet.
    """
    try:
        digest = services.jira.files.digest(
            jira_id, beat=lambda: hold(services.store, claimed, now=services.clock())
        )
    except Refused as error:
        if ticket.attempts < LAG_ATTEMPTS:
            raise Unavailable("Jira", error.reason, retry_after=LAG) from error
        return f"though it cannot be read back: {error.reason}"
    return "and read it back the same" if digest == upload.sha256 else ""


def _send(services: Services, claimed: Claim, issue: Issue, upload: Upload, name: str) -> str:
    with (services.config.files / upload.stored_as).open("rb") as content:
        return services.jira.files.attach(
            issue.id,
            filename=name,
            content_type=upload.content_type,
            content=content,
            beat=lambda: hold(services.store, claimed, now=services.clock()),
        )


def _remove(services: Services, jira_id: str) -> None:
    """Take a spoilt copy away, where the bridge's account may."""
    try:
        services.jira.files.remove(jira_id)
    except (Refused, Unavailable) as error:
        log.warning("a spoilt copy of a file stays in Jira", attachment=jira_id, reason=str(error))


def _say_so(services: Services, claimed: Claim, issue: Issue, upload: Upload, refusal: str) -> None:
    """Tell the developers, whose description names the file."""
    words = NOT_ATTACHED.format(name=upload.filename, size=upload.size, reason=refusal)
    say_once(services, claimed, issue.id, [Paragraph(words)], marker=f"file-{upload.id}")
