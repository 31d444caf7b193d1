"""What comes by e-mail: partners' answers, bounces and complaints, each taken once and then put away.

An e-mail is taken in one transaction, with what it causes and the place where it lay; only after that is it
put away in the mailbox. A crash between the two leaves it lying, to be put away by the next look.
"""

from datetime import timedelta

import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.mailbox import Fetched
from bridge.inbound import kinds, reports
from bridge.inbound.letter import header, sender_of
from bridge.inbound.parsing import parsed
from bridge.mailroom.replies import take_reply
from bridge.mailroom.returns import take_bounce, take_complaint
from bridge.services import Services
from bridge.store import incoming, sweeps
from bridge.store.incoming import Place

NAME = "mailbox"
LISTEN_SECONDS = 5.0
"""How long one look listens for new e-mails where the server tells of them (IDLE)."""
POLL = timedelta(seconds=30)
"""Between looks where it does not."""
AFTER_FAILURE = timedelta(minutes=1)
BATCH = 50
BROKEN = "broken"

log = structlog.get_logger()


def read_mailbox(services: Services) -> int:
    """Take in what lies in the mailbox, and what comes while we listen; how many e-mails were new."""
    began = services.clock()
    since = sweeps.take(services.store, NAME, now=began, every=POLL)
    if since is None:
        return 0
    try:
        taken = empty(services)
        told = services.mailbox.wait(LISTEN_SECONDS)
        taken += empty(services) if told else 0
    except (Unavailable, Refused) as error:
        log.warning("the mailbox cannot be read", reason=str(error))
        again_at = services.clock() + AFTER_FAILURE
        sweeps.failed(services.store, NAME, again_at=again_at, outcome=f"cut short: {error}")
        return 0
    now, outcome = services.clock(), f"{taken} e-mails taken"
    sweeps.finished(services.store, NAME, since=since, began=began, now=now, outcome=outcome)
    if told is not None:
        sweeps.again(services.store, NAME, at=now)
    return taken


def empty(services: Services) -> int:
    """Take and put away what lies there now.

    Raises:
        Unavailable, Refused: from the mailbox.
    """
    box = services.mailbox
    uid_validity, uids = box.waiting()
    known = incoming.handled(services.store, mailbox=box.name, uid_validity=uid_validity, uids=uids)
    new = [uid for uid in uids if uid not in known][:BATCH]
    for uid in [*(uid for uid, result in known.items() if result != BROKEN), *new]:
        if uid in new:
            _take(services, Place(mailbox=box.name, uid_validity=uid_validity, uid=uid))
        _put_away(services, uid_validity, uid)
    return len(new)


def _put_away(services: Services, uid_validity: int, uid: int) -> None:
    """Only what is known to be taken."""
    box = services.mailbox
    known = incoming.handled(services.store, mailbox=box.name, uid_validity=uid_validity, uids=[uid])
    if known.get(uid) == BROKEN:
        box.flagged(uid)
    elif uid in known:
        box.done(uid)


def _take(services: Services, place: Place) -> None:
    fetched = services.mailbox.read(place.uid)
    if fetched is None:
        return
    try:
        outcome = _sorted(services, place, fetched)
    except IntegrityError:
        outcome = "another process has taken it"
    except Exception as error:
        if _is_our_own_trouble(error):
            raise  # it lies there until that is over
        log.exception("bug", uid=place.uid)
        outcome = f"could not be read ({type(error).__name__}); it is flagged in the mailbox"
        # Not read a second time for its sender: that may be what failed.
        _note(services, place, sender="", result=BROKEN, outcome=outcome)
    log.info("incoming mail", uid=place.uid, outcome=outcome)


def _is_our_own_trouble(error: Exception) -> bool:
    """False also where the database takes no such words: it never will."""
    return isinstance(error, SQLAlchemyError | OSError) and not isinstance(error, DataError)


def _sorted(services: Services, place: Place, fetched: Fetched) -> str:
    """Take an e-mail as what it is; the sentence that says what came of it."""
    message = parsed(fetched.raw)
    _, sender = sender_of(header(message, "From"))
    if kinds.is_our_own(message, sender=services.mailer.sender):
        return _note(services, place, sender=sender, result="ignored", outcome="our own e-mail came back")
    report = reports.complaint(message)
    if report:
        return take_complaint(services, place, message, report)
    returned = take_bounce(services, place, message)
    if returned:
        return returned
    program = kinds.automatic(message)
    if program:
        outcome = f"written by a program: {program}"
        return _note(services, place, sender=sender, result="ignored", outcome=outcome)
    return take_reply(services, place, message, whole=fetched.whole)


def _note(services: Services, place: Place, *, sender: str, result: str, outcome: str) -> str:
    with services.store.begin() as db:
        incoming.note(db, place, sender=sender, result=result, outcome=outcome, now=services.clock())
    return outcome
