"""Who may call us: the receivers, and all that knows a foreign payload."""

from bridge.services import Services
from webhooks import github, inbox, jira

_DISPATCH = {"github": github.router.dispatch, "jira": jira.dispatch}


def replay(services: Services, number: int) -> str:
    """Ring again what a stored delivery rings now; the sentence that says so."""
    return inbox.replay(services, number, _DISPATCH)
