"""GitHub's webhooks: which tickets an event is about."""

from flask import Blueprint, Response, request

from bridge.services import Services
from webhooks.github import branches, publications, pulls, quiet
from webhooks.github.ringing import router
from webhooks.inbox import Letter, receive

__all__ = ["blueprint", "branches", "publications", "pulls", "quiet", "router"]


def blueprint(services: Services) -> Blueprint:
    views = Blueprint("webhooks_github", __name__)

    @views.post("/webhooks/github")
    def github() -> Response:
        return receive(
            services,
            source="github",
            signature_header="X-Hub-Signature-256",
            secrets=services.config.github.webhook_secrets,
            letter=_letter,
            dispatch=router.dispatch,
        )

    return views


def _letter(body: bytes) -> Letter | None:
    # The id stays the same when a delivery is sent again (G5).
    delivery_id = request.headers.get("X-GitHub-Delivery", "")
    event = request.headers.get("X-GitHub-Event", "")
    return (
        Letter(source="github", delivery_id=delivery_id[:128], event=event, body=body)
        if delivery_id
        else None
    )
