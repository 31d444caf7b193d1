"""How a pull request shows on its issue. Developers read it in Jira, beside the Portuguese board."""

from collections.abc import Iterator, Mapping, Sequence

from bridge.actions import Link
from bridge.domain import PullRequest
from bridge.rules.opinions import who
from bridge.rules.reviews import Judgement, Standing, judge
from mappings.model import Reviews

WORDS = {
    Standing.CHANGES_REQUESTED: "mudanças pedidas",
    Standing.DRAFT: "rascunho",
    Standing.REVIEW_PENDING: "em revisão",
    Standing.APPROVED: "aprovado",
}


def links(
    pull_requests: Sequence[PullRequest], linked_as: Mapping[str, str], policy: Reviews
) -> Iterator[Link]:
    """The remote links that are missing or no longer true. `linked_as` is by `PullRequest.key`."""
    for one in pull_requests:
        judgement = judge(one, policy)
        link = Link(
            pull_request=one,
            title=f"{one.name} · {_state(one, judgement)}",
            summary=f"{one.title} · {_sentence(one, judgement, policy)}",
            resolved=not one.is_open,
        )
        if linked_as.get(one.key) != fingerprint(link):
            yield link


def fingerprint(link: Link) -> str:
    """What the link shows, to know whether Jira has it already."""
    return f"{link.title}\n{link.summary}"


def _state(one: PullRequest, judgement: Judgement | None) -> str:
    if one.merged:
        return "mesclado"
    return WORDS[judgement.standing] if judgement else "fechado sem mesclar"


def _sentence(one: PullRequest, judgement: Judgement | None, policy: Reviews) -> str:
    """Why, with names and commits. It names no head: a push that changes no verdict is worth no call."""
    if judgement is None:
        return "fechado sem mesclar: não conta"
    said = who(judgement.reviews, conjunction="e")
    match judgement.standing:
        case Standing.CHANGES_REQUESTED:
            return f"{said} {'pediu' if len(judgement.reviews) == 1 else 'pediram'} mudanças"
        case Standing.DRAFT:
            return f"rascunho de {one.author}"
        case Standing.REVIEW_PENDING:
            return f"espera revisão{_so_far(said, judgement, policy)}"
        case Standing.APPROVED:
            merged = f"mesclado em {one.merge_commit[:7]}" if one.merged else ""
            approved = f"aprovado por {said}" if said else "" if merged else "aprovado"
            return ", ".join(filter(None, [merged, approved]))


def _so_far(said: str, judgement: Judgement, policy: Reviews) -> str:
    if policy.by_protection and judgement.pull_request.decision:
        return f"; aprovado por {said}, mas as regras da branch pedem mais" if said else ""
    return f"; {len(judgement.reviews)} de {policy.approvals} aprovações, de {said}" if said else ""
