"""Which commits a published commit has: by GitHub's comparison, asked once for all tickets."""

from bridge.clients.errors import Refused
from bridge.clients.github.memory import History
from bridge.clients.github.transport import Transport


class Containment(Transport):
    """Of a hundred tickets few need a comparison of their own: each answer lists all that lies between."""

    def contains(self, repository: str, *, head: str, commit: str) -> bool:
        """True when `head`'s history has `commit`: by GitHub's comparison, not by commit messages."""
        known = self.histories.of(repository, head)
        with known.turns.taken():
            if commit != head and commit not in known.has | known.lacks:
                self._learn(known, repository, head=head, commit=commit)
            return commit == head or commit in known.has

    def _learn(self, known: History, repository: str, *, head: str, commit: str) -> None:
        try:
            between = self.asked(lambda: self.repository(repository).compare(commit, head).raw_data)
        except Refused as error:
            if error.missing:
                return  # a commit that was rebased away cannot be compared
            raise
        if between["status"] in {"ahead", "identical"}:
            known.has.update({commit, *(one["sha"] for one in between["commits"])})
        else:
            known.lacks.add(commit)
