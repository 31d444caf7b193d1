"""One way in for every webhook: verify the raw bytes, record the delivery once, ring, answer."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

import structlog
from flask import Response, jsonify, request
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars
from werkzeug.exceptions import RequestEntityTooLarge

from bridge.config import Secret
from bridge.services import Services
from bridge.store import counters, remarks
from bridge.store.tables import Delivery, UtcDateTime
from bridge.store.tickets import edited_in_bulk, ring
from webhooks.events import Malformed, Payload, Ringing, storable, unreadable

Dispatch = Callable[[str, Services, Session, Payload], Ringing]

LIMIT = 25 * 1024 * 1024
"""Bytes: GitHub (G7) and Jira (J6) deliver nothing larger."""
RETRY_SECONDS = 30
LONGEST_OUTCOME = 500
"""Characters of an outcome that are kept: it may hold what the sender named, however long."""
NO_BODY = "rang nothing: its body is kept no longer"
OTHER_BODY = "; came again with another body, which was refused (409)"

_KEEP = text(
    "INSERT INTO deliveries"
    " (source, delivery_id, event, received_at, body, body_sha256, outcome, result, repeats)"
    " VALUES"
    " (:source, :delivery_id, :event, :received_at, :body, :body_sha256, :outcome, :result, 0)"
    " ON CONFLICT (source, delivery_id) DO NOTHING"
    " RETURNING id"
).bindparams(bindparam("received_at", type_=UtcDateTime))

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A verified webhook."""

    source: str
    delivery_id: str
    event: str
    body: bytes
    bulk: bool = False
    """One of many changes that somebody made at once."""


def signed(body: bytes, signature: str, secrets: Sequence[Secret]) -> bool:
    """True when `sha256=<hex>` is the HMAC of the raw bytes under one of the secrets (constant time)."""
    method, _, given = signature.partition("=")
    if method != "sha256":
        return False
    wanted = [hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    # Every secret is compared, so that time does not tell which one matched.
    return sum(hmac.compare_digest(one.encode(), given.encode()) for one in wanted) > 0


def receive(
    services: Services,
    *,
    source: str,
    signature_header: str,
    secrets: Sequence[Secret],
    letter: Callable[[bytes], Letter | None],
    dispatch: Dispatch,
) -> Response:
    """Answer one request: 202 recorded, 200 known already, 401, 400, 413, 422, or 503 for our own trouble."""
    request.max_content_length = LIMIT
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _answer(413, "larger than any webhook of theirs")
    try:
        if not signed(body, request.headers.get(signature_header, ""), secrets):
            _count(services, f"{source} webhooks refused")
            log.warning("webhook refused: the signature does not match", source=source)
            return _answer(401, "the signature does not match")
        found = letter(body)
        if found is None:
            return _answer(400, "the delivery has no id")
        with bound_contextvars(source=source, delivery=found.delivery_id, event_name=found.event):
            return _record(services, found, dispatch)
    except SQLAlchemyError:
        # Jira resends on 5xx only (J1): our trouble must never look like the sender's fault.
        log.exception("the database is unavailable")
        response = _answer(503, "try again")
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response


def _record(
    services: Services,
    letter: Letter,
    dispatch: Dispatch,
) -> Response:
    # Before the transaction: SQLite has one writer, and a large payload takes long to read.
    payload = _payload(letter.body)

    def keep(db: Session) -> tuple[Ringing, int, bool]:
        ringing, status = _read(services, db, letter, payload, dispatch)
        return ringing, status, _write(services, db, letter, ringing)

    ringing, status, is_new = services.store.together(keep)
    if not is_new:
        return _repeat(services, letter)
    log.info("webhook", outcome=ringing.outcome)
    return _answer(status, ringing.outcome)


def _write(services: Services, db: Session, letter: Letter, ringing: Ringing) -> bool:
    """Keep the delivery and ring; False when it is known already, and has rung."""
    now = services.clock()
    row = {
        "source": letter.source,
        "delivery_id": letter.delivery_id,
        "event": letter.event,
        "received_at": now,
        "body": letter.body,
        "body_sha256": _hash(letter),
        "outcome": ringing.outcome,
        "result": ringing.result,
    }
    number = db.scalar(_KEEP, row)
    if number is None:
        return False
    _ring(services, db, number, ringing)
    if letter.bulk:
        edited_in_bulk(db, ringing.tickets, now=now)
    return True


def replay(services: Services, number: int, dispatch: Mapping[str, Dispatch]) -> str:
    """Treat a stored delivery as if it came now."""
    with services.store.begin() as db:
        row = db.get_one(Delivery, number)
        if not row.body:
            return NO_BODY
        letter = Letter(source=row.source, delivery_id=row.delivery_id, event=row.event, body=row.body)
        ringing, _ = _read(services, db, letter, _payload(letter.body), dispatch[row.source])
        row.outcome, row.result = ringing.outcome, ringing.result
        _ring(services, db, row.id, ringing)
    return ringing.outcome


def _ring(services: Services, db: Session, delivery_number: int, ringing: Ringing) -> None:
    for ticket_id in sorted(ringing.tickets):
        ring(
            db,
            ticket_id,
            kind=ringing.kind,
            subject=ringing.subject,
            now=services.clock(),
            delivery_id=delivery_number,
        )
    if ringing.unclaimed and services.mappings.workflow.on_pull_requests.check:
        remarks.ring(db, ringing.unclaimed, [remarks.CHECK], now=services.clock())


def _read(
    services: Services,
    db: Session,
    letter: Letter,
    payload: Payload | Malformed,
    dispatch: Dispatch,
) -> tuple[Ringing, int]:
    """What the delivery rings. An unreadable one is kept for the operator, with 422."""
    ringing, status = _understood(services, db, letter, payload, dispatch)
    return replace(ringing, outcome=storable(ringing.outcome)[:LONGEST_OUTCOME]), status


def _understood(
    services: Services,
    db: Session,
    letter: Letter,
    payload: Payload | Malformed,
    dispatch: Dispatch,
) -> tuple[Ringing, int]:
    if isinstance(payload, Malformed):
        return unreadable(str(payload)), 422
    try:
        return dispatch(letter.event, services, db, payload), 202
    except (ValueError, RecursionError) as error:
        return unreadable(type(error).__name__), 422
    except Malformed as error:
        return unreadable(str(error)), 422


def _payload(body: bytes) -> Payload | Malformed:
    try:
        payload = json.loads(_json_part(body))
    except (ValueError, RecursionError) as error:
        return Malformed(type(error).__name__)
    return payload if isinstance(payload, dict) else Malformed("not a JSON object")


def _json_part(body: bytes) -> bytes:
    """GitHub can be told to send its JSON as a form's `payload` field."""
    if body[:8] == b"payload=":
        return "".join(parse_qs(body.decode("utf-8")).get("payload", [])).encode()
    return body


def _repeat(services: Services, letter: Letter) -> Response:
    with services.store.begin() as db:
        named = (Delivery.source == letter.source, Delivery.delivery_id == letter.delivery_id)
        known = db.scalars(select(Delivery).where(*named)).one()
        known.repeats += 1
        is_same = known.body_sha256 == _hash(letter)
        if not is_same:
            known.outcome = known.outcome.removesuffix(OTHER_BODY) + OTHER_BODY
    if not is_same:
        log.error("a delivery id came again with another body", number=known.id)
        return _answer(409, "this delivery id came before with another body")
    return _answer(200, "known already")


def _hash(letter: Letter) -> str:
    return hashlib.sha256(letter.body).hexdigest()


def _count(services: Services, name: str) -> None:
    """Nothing of a forged request is kept but that it came."""
    with services.store.begin() as db:
        counters.count(db, name, now=services.clock())


def _answer(status: int, outcome: str) -> Response:
    response = jsonify(outcome=outcome)
    response.status_code = status
    return response
