"""What the bridge says in Jira, once."""

from collections.abc import Sequence

from bridge.clients.jira import Block
from bridge.services import Services
from bridge.store.claims import Claim, hold


def say_once(
    services: Services, claimed: Claim, issue_id: str, blocks: Sequence[Block], *, marker: str
) -> str:
    """Write a comment unless it is there: an earlier try's answer may have been lost. Its id.

    Raises:
        LeaseLost: another worker has the ticket; nothing was written.
        Unavailable, Refused: from the client.
    """
    already = services.jira.find_comment(issue_id, marker)
    if already is not None:
        return already
    # Who slept through the lease while it looked would write what another has written since.
    hold(services.store, claimed, now=services.clock())
    return services.jira.comment(issue_id, blocks, marker=marker)
