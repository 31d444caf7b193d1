"""What machines ask of the program: is it alive, is it ready, how is it doing."""

import hmac

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bridge.clients.errors import Refused, Unavailable
from bridge.metrics import Metrics
from bridge.services import Services
from bridge.store import sweeps


def blueprint(services: Services) -> Blueprint:
    views = Blueprint("probes", __name__)
    registry = CollectorRegistry()
    registry.register(Metrics(services))

    @views.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @views.get("/readyz")
    def readyz() -> tuple[Response, int]:
        return _ready(services)

    @views.get("/metrics")
    def metrics() -> Response:
        if not _may_read_metrics(services):
            abort(404)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return views


def _ready(services: Services) -> tuple[Response, int]:
    try:
        with services.store.read() as db:
            db.execute(text("SELECT 1"))
    except (SQLAlchemyError, Unavailable, Refused):
        return jsonify(status="the database does not answer"), 503
    swept = {
        one.name: {
            "reconciled_at": one.finished_at.isoformat() if one.finished_at else None,
            "outcome": one.outcome,
        }
        for one in sweeps.all_swept(services.store)
    }
    return jsonify(status="ok", sweeps=swept), 200


def _may_read_metrics(services: Services) -> bool:
    """Only who bears the token: to anybody else the page does not exist."""
    wanted = services.config.metrics_token.reveal()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(given.encode(), wanted.encode())
    return bool(wanted) and scheme.lower() == "bearer" and right
