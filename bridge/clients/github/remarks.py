"""What we write on pull requests: a check (an App's) or a commit status (a token's), and comments."""

from github.GithubObject import NotSet

from bridge.clients.errors import Refused
from bridge.clients.github.transport import Transport
from bridge.rules.remarks import NAME, Check


class Remarks(Transport):
    """Kept out of every look at a ticket: what GitHub does not let us write stops nobody."""

    def is_private(self, repository: str) -> bool:
        """Whether only the vendor's people read there: one call an hour."""
        return self.memory.once(
            f"{repository}/private",
            lambda: self.asked(lambda: self.repository(repository).private),
            seconds=3600,
        )

    def write_check(self, repository: str, *, sha: str, check: Check, known: str) -> str:
        """The check on a commit, made or changed: one call. Its id, empty for a commit status.

        `known`: the id of the check that was written on this commit before.
        """
        return self.asked_to_write(
            lambda: (
                self._check_run(repository, sha, check, known)
                if self.is_app
                else self._commit_status(repository, sha, check)
            )
        )

    def _check_run(self, repository: str, sha: str, check: Check, known: str) -> str:
        conclusion = "success" if check.passed else "neutral"
        output = {"title": check.title, "summary": check.summary, "text": check.text}
        url = check.url or NotSet
        if known:
            made = self.repository(repository).get_check_run(int(known))
            made.edit(conclusion=conclusion, output=output, details_url=url)
            return known
        made = self.repository(repository).create_check_run(
            NAME, sha, status="completed", conclusion=conclusion, output={**output}, details_url=url
        )
        return str(made.id)

    def _commit_status(self, repository: str, sha: str, check: Check) -> str:
        # A commit status knows no neutral state; `success` stops nobody.
        self.repository(repository).get_commit(sha).create_status(
            state="success", context=NAME, description=check.short, target_url=check.url or NotSet
        )
        return ""

    def write_comment(self, repository: str, number: int, *, body: str, marker: str, known: str) -> str:
        """A comment, made or changed, never twice: one call, and one to look for it where it is not known.

        Its id; empty when a person has deleted it, for then it stays deleted.
        """
        issue = self.repository(repository).get_issue(number)
        found = known or self.find_comment(repository, number, marker)
        if not found:
            return str(self.asked_to_write(lambda: issue.create_comment(body).id))
        try:
            self.asked_to_write(lambda: issue.get_comment(int(found)).edit(body))
        except Refused as error:
            if error.missing:
                return ""
            raise
        return found

    def find_comment(self, repository: str, number: int, marker: str) -> str:
        """The id of the first comment that bears our mark; a crash may have come before we kept it."""
        issue = self.repository(repository).get_issue(number)
        marked = self.asked(lambda: [one.id for one in issue.get_comments() if marker in (one.body or "")])
        return str(marked[0]) if marked else ""
