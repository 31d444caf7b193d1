"""What the branch's rules say of a pull request's reviews: GitHub's `reviewDecision`."""

import re

from bridge.sandbox.github.model import Pull, Repo


def decision(repo: Repo, one: Pull) -> str | None:
    """None where no rule asks for reviews (community discussion 24375)."""
    rule = repo.protection.get(one.base)
    if rule is None:
        return None
    last = {review.user: review for review in one.reviews if review.state not in {"COMMENTED", "PENDING"}}
    # Asking for another review does not unblock (cli/cli#1610): only a review or a dismissal does.
    if any(review.state == "CHANGES_REQUESTED" for review in last.values()):
        return "CHANGES_REQUESTED"
    approving = {
        who
        for who, review in last.items()
        if review.state == "APPROVED"
        and not (rule["dismiss_stale_reviews"] and review.commit_id != one.head_sha)
    }
    owners = _owners(repo) if rule["require_code_owner_reviews"] else set()
    enough = len(approving) >= rule["required_approving_review_count"]
    return "APPROVED" if enough and (not owners or owners & approving) else "REVIEW_REQUIRED"


def _owners(repo: Repo) -> set[str]:
    """Whom `* @ana @bruno` in CODEOWNERS names; the sandbox knows no other pattern."""
    text = repo.files.get(".github/CODEOWNERS", "")
    return {
        name for line in text.splitlines() if line.startswith("* ") for name in re.findall(r"@(\S+)", line)
    }
