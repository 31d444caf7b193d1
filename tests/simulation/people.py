"""What people do: partners, developers, reviewers and triagers, one deed at a time, chosen by a seed."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from bridge.domain import PullRequest, ReviewState
from tests.simulation.outside import Outside
from tests.simulation.records import ARROWS, REPOSITORY, Issue

REVIEWERS = ("bruno", "carla")
STATES = (ReviewState.APPROVED, ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED, ReviewState.COMMENTED)
GAPS = ((0.02, 1.0, 45), (5.0, 60.0, 30), (120.0, 1200.0, 20), (3600.0, 6 * 3600.0, 5))
"""Seconds between two deeds, from and to, and how often."""

Deed = tuple[float, str, Callable[[], object]]


class People:
    """`next_deed` names and does one thing that is possible now."""

    def __init__(
        self, seed: int, outside: Outside, *, file: Callable[[], object], partner: Callable[[int], list[Deed]]
    ) -> None:
        self.dice = random.Random(f"{seed} people")
        self.deeds = min(self.dice.randint(4, 30), self.dice.randint(4, 30))
        self._outside = outside
        self._file = file
        self._partner = partner
        self._filed = 0
        self._tickets = self.dice.choice((1, 1, 2, 3))
        self._pulls = self.dice.randint(1, 3)
        self._said = 0

    def gap(self) -> float:
        low, high, _ = self.dice.choices(GAPS, weights=[weight for _, _, weight in GAPS])[0]
        return self.dice.uniform(low, high)

    def next_deed(self) -> str:
        possible = self._possible()
        _, name, do = self.dice.choices(possible, weights=[weight for weight, _, _ in possible])[0]
        do()
        return name

    def _possible(self) -> list[Deed]:
        found: list[Deed] = []
        if self._filed < self._tickets:
            found.append((30 if self._filed == 0 else 3, "files the form", self._files))
        for issue in self._issues():
            found += self._triage(issue)
        if self._issues() and len(self._outside.pulls) < self._pulls:
            found.append((5 if not self._outside.pulls else 2, "opens a pull request", self._opens))
        for states in self._outside.pulls:
            found += self._on_pull(states[-1][1])
        if self._outside.pulls:
            found += self._publishing()
        for number in range(1, self._filed + 1):
            found += self._partner(number)
        return found or [(1, "waits", lambda: None)]

    def _issues(self) -> list[Issue]:
        """The older one of each marker: people work on no copies."""
        return list({one.marker: one for one in reversed(self._outside.issues)}.values())[::-1]

    def _files(self) -> None:
        self._filed += 1
        self._file()

    # --- in Jira

    def _triage(self, one: Issue) -> list[Deed]:
        weights = {"Reprovado": 0.1, "Faltam Informações": 0.7, "Error Fix": 0.5, "Encerrado": 0.3}
        moves: list[Deed] = [
            (weights.get(to, 1.5), f"drags {one.key} to {to}", self._drag(one, to))
            for to in ARROWS[one.status]
        ]
        day = date(2026, 4, 1) + timedelta(days=self._said)
        return [
            *moves,
            (0.3, f"assigns {one.key}", lambda: self._assign(one)),
            (0.3, f"dates {one.key}", lambda: self._outside.set_due(one, day)),
            (0.5, f"comments {one.key} publicly", lambda: self._say(one, "/parceiro dito")),
            (0.2, f"comments {one.key} internally", lambda: self._say(one, "interno")),
        ]

    def _drag(self, one: Issue, to: str) -> Callable[[], None]:
        return lambda: self._outside.move(one, to, who="triager")

    def _assign(self, one: Issue) -> None:
        self._outside.assign(one, "Ana" if one.assignee != "Ana" else "Bia")

    def _say(self, one: Issue, text: str) -> None:
        self._said += 1
        self._outside.comment(one, f"{text}{self._said}x", who="triager")

    # --- on GitHub

    def _opens(self) -> None:
        issues = self._issues()
        keys = [one.key for one in self.dice.sample(issues, min(len(issues), self.dice.choice((1, 1, 1, 2))))]
        number, in_branch = len(self._outside.pulls) + 1, self.dice.random() < 0.5
        self._outside.open_pull(
            branch=f"{keys[0].lower()}-fix{number}" if in_branch else f"fix{number}",
            title=f"Corrige {' '.join(keys[1:] if in_branch else keys)}",
            draft=self.dice.random() < 0.4,
            from_branch=in_branch,
        )

    def _on_pull(self, one: PullRequest) -> list[Deed]:
        number, outside = one.number, self._outside
        name = f"{REPOSITORY}#{number}"
        if one.merged:
            return []
        if not one.is_open:
            return [(0.7, f"reopens {name}", lambda: outside.edit(number, "reopened", is_open=True))]
        draft = "converted_to_draft" if not one.draft else "ready_for_review"
        found: list[Deed] = [
            (1.5, f"reviews {name}", lambda: self._review(number)),
            (0.8, f"pushes to {name}", lambda: outside.push(number)),
            (
                1.0 if one.draft else 0.2,
                f"{draft} {name}",
                lambda: outside.edit(number, draft, draft=not one.draft),
            ),
            (0.15, f"closes {name}", lambda: outside.edit(number, "closed", is_open=False)),
        ]
        if not one.draft:
            squash = self.dice.random() < 0.5
            found.append((0.5, f"merges {name}", lambda: outside.merge(number, squash=squash)))
        found += [
            (0.3, f"dismisses {review.reviewer} in {name}", self._dismissing(number, review.id))
            for review in one.reviews
            if review.state in {ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED}
        ]
        for who in {review.reviewer: 1 for review in one.reviews}:
            if all(review.asked_again for review in one.reviews if review.reviewer == who):
                found.append((0.2, f"asks {who} no more in {name}", self._asking_no_more(one, who)))
            else:
                found.append((0.4, f"asks {who} again in {name}", self._asking(one, who)))
        return found + self._naming_another(one)

    def _review(self, number: int) -> None:
        self._outside.review(number, self.dice.choice(REVIEWERS), self.dice.choice(STATES))

    def _dismissing(self, number: int, review_id: int) -> Callable[[], None]:
        return lambda: self._outside.dismiss(number, review_id)

    def _asking(self, one: PullRequest, who: str) -> Callable[[], None]:
        return lambda: self._outside.ask_again(one.number, who)

    def _asking_no_more(self, one: PullRequest, who: str) -> Callable[[], None]:
        return lambda: self._outside.ask_no_more(one.number, who)

    def _naming_another(self, one: PullRequest) -> list[Deed]:
        words = f"{one.title} {one.branch}".upper().replace("-FIX", " ").split()
        others = [issue.key for issue in self._issues() if issue.key not in words]
        return [
            (0.1, f"names {key} in #{one.number}", self._retitling(one, f"{one.title} {key}"))
            for key in others
        ]

    def _retitling(self, one: PullRequest, title: str) -> Callable[[], None]:
        return lambda: self._outside.edit(one.number, "edited", title=title)

    def _publishing(self) -> list[Deed]:
        outside = self._outside
        heads = [states[-1][1].head for states in outside.pulls if states[-1][1].is_open]
        return [
            (0.8, "deploys main to staging", lambda: outside.deploy(outside.main, "Homologacao")),
            *[(0.3, f"deploys {head} to staging", self._deploying(head)) for head in heads],
            (0.5, "deploys main to production", lambda: outside.deploy(outside.main, "producao")),
            (0.2, "releases", outside.release),
            (0.1, "deploys a preview", lambda: outside.deploy(outside.main, "preview")),
        ]

    def _deploying(self, head: str) -> Callable[[], None]:
        return lambda: self._outside.deploy(head, "hml-2")
