"""Events that ring nobody, each with its reason."""

from sqlalchemy.orm import Session

from bridge.services import Services
from webhooks.events import Payload, Ringing, ignored
from webhooks.github.ringing import router


@router.on("ping")
def ping(services: Services, db: Session, payload: Payload) -> Ringing:
    return ignored("ping: the webhook works")
