"""Jira, GitHub and the mailboxes as they are: each change is kept with its time and tells its webhook."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from bridge.domain import PullRequest, Review, ReviewState
from tests.simulation.records import (
    BRIDGE,
    REPOSITORY,
    REPOSITORY_ID,
    Change,
    Clock,
    Issue,
    Json,
    Published,
    Webhook,
)


class Outside:
    """What people and the bridge do to Jira and GitHub."""

    def __init__(self, clock: Clock, tell: Callable[[Webhook], None]) -> None:
        self.clock = clock
        self._tell = tell
        self._serial = 1000
        self.issues: list[Issue] = []
        self.pulls: list[list[tuple[datetime, PullRequest]]] = []
        """Each pull request's states in order; its number is its place, from 1."""
        self.branches: dict[str, datetime] = {}
        self.published: list[Published] = []
        self.history: dict[str, frozenset[str]] = {"m0": frozenset({"m0"})}
        self.main = "m0"
        self.mails: list[tuple[str, str, bytes]] = []
        """(recipient, Message-ID, message) of each that a relay has taken."""

    def serial(self) -> int:
        self._serial += 1
        return self._serial

    def _of_a_node(self) -> int:
        """A changelog id: Jira's two nodes answer in turn, and draw theirs from banks of their own."""
        number = self.serial()
        return number + (1_000_000 if number % 2 else 0)

    # --- Jira

    def create(self, marker: str) -> Issue:
        number = len(self.issues) + 1
        issue = Issue(id=str(self.serial()), key=f"ERP-{number}", marker=marker, at=self.clock())
        issue.touched.append(self.clock())
        self.issues.append(issue)
        self._tell_jira("jira:issue_created", issue, who=BRIDGE)
        return issue

    def issue(self, issue_id: str) -> Issue:
        return next(one for one in self.issues if one.id == issue_id)

    def move(self, issue: Issue, to: str, *, who: str) -> None:
        old, issue.status = issue.status, to
        self._changed(issue, "status", old, to, who)

    def assign(self, issue: Issue, to: str) -> None:
        old, issue.assignee = issue.assignee, to
        self._changed(issue, "assignee", old or "", to, "triager")

    def set_due(self, issue: Issue, day: date) -> None:
        old, issue.due_date = issue.due_date, day
        self._changed(issue, "duedate", old.isoformat() if old else "", day.isoformat(), "triager")

    def set_field(self, issue: Issue, name: str, value: str) -> None:
        old, issue.fields[name] = issue.fields.get(name, ""), value
        self._changed(issue, name, old, value, BRIDGE)

    def link(self, issue: Issue, name: str, title: str, *, resolved: bool) -> None:
        issue.links[name] = (title, resolved)
        self._changed(issue, "RemoteIssueLink", "", title, BRIDGE)

    def comment(self, issue: Issue, text: str, *, who: str, marker: str = "") -> int:
        number = self.serial()
        one = Change(
            id=number,
            at=self.clock(),
            by_bridge=who == BRIDGE,
            field="comment",
            old="",
            new=text,
            marker=marker,
        )
        issue.changes.append(one)
        issue.touched.append(self.clock())
        self._tell_jira("comment_created", issue, who=who)
        return number

    def _changed(self, issue: Issue, name: str, old: str, new: str, who: str) -> None:
        one = Change(
            id=self._of_a_node(), at=self.clock(), by_bridge=who == BRIDGE, field=name, old=old, new=new
        )
        issue.changes.append(one)
        issue.touched.append(self.clock())
        item = {"field": name, "fieldId": f"f-{name}", "fromString": old, "toString": new}
        self._tell_jira("jira:issue_updated", issue, who=who, items=[item])

    def _tell_jira(self, event: str, issue: Issue, *, who: str, items: list[Json] | None = None) -> None:
        body: Json = {
            "webhookEvent": event,
            "user": {"accountId": who},
            "issue": {"id": issue.id, "key": issue.key, "fields": {"labels": [issue.marker]}},
        }
        if items:
            body["changelog"] = {"items": items}
        self._tell(Webhook(source="jira", event=event, guid=f"j{self.serial()}", body=body))

    # --- GitHub

    def pull(self, number: int) -> PullRequest:
        return self.pulls[number - 1][-1][1]

    def open_pull(self, *, branch: str, title: str, draft: bool, from_branch: bool) -> None:
        """Push a branch and open its pull request; without `from_branch` its name names no ticket."""
        head = self._commit(self.main)
        self.branches[branch] = self.clock()
        if from_branch:
            self._tell_github("create", {"ref": branch, "ref_type": "branch"})
        number = len(self.pulls) + 1
        one = PullRequest(
            repository_id=REPOSITORY_ID,
            repository=REPOSITORY,
            number=number,
            title=title,
            body="",
            url=f"https://github.example/{REPOSITORY}/pull/{number}",
            author="ana",
            branch=branch,
            head=head,
            is_open=True,
            draft=draft,
            merged=False,
            merge_commit="",
            reviews=(),
            created_at=self.clock().isoformat(),
        )
        self.pulls.append([])
        self._pull_changed(one, "opened")

    def edit(self, number: int, action: str, **values: Any) -> None:
        self._pull_changed(replace(self.pull(number), **values), action)

    def push(self, number: int) -> None:
        one = self.pull(number)
        self._tell_github("push", {"ref": f"refs/heads/{one.branch}"})
        self.edit(number, "synchronize", head=self._commit(one.head))

    def merge(self, number: int, *, squash: bool) -> None:
        one = self.pull(number)
        parents = (self.main,) if squash else (self.main, one.head)
        self.main = self._commit(*parents)
        self.edit(number, "closed", is_open=False, merged=True, merge_commit=self.main)

    def review(self, number: int, who: str, state: ReviewState) -> None:
        one, review_id = self.pull(number), self.serial()
        made = Review(id=review_id, reviewer=who, state=state, commit=one.head, at=self.clock())
        self._pull_changed(replace(one, reviews=(*one.reviews, made)), "submitted", review=made)

    def ask_again(self, number: int, who: str) -> None:
        self._withdraw(number, who, True)

    def ask_no_more(self, number: int, who: str) -> None:
        self._withdraw(number, who, False)

    def _withdraw(self, number: int, who: str, asked: bool) -> None:
        one = self.pull(number)
        reviews = tuple(
            replace(review, asked_again=asked) if review.reviewer == who else review for review in one.reviews
        )
        self.edit(number, "review_requested" if asked else "review_request_removed", reviews=reviews)

    def dismiss(self, number: int, review_id: int) -> None:
        one = self.pull(number)
        reviews = tuple(
            replace(review, state=ReviewState.DISMISSED) if review.id == review_id else review
            for review in one.reviews
        )
        dismissed = next(review for review in reviews if review.id == review_id)
        self._pull_changed(replace(one, reviews=reviews), "dismissed", review=dismissed)

    def deploy(self, sha: str, environment: str) -> None:
        number = self.serial()
        subject = f"{REPOSITORY}#{number}"
        self._publish(f"deployment:{number}", subject, sha, environment)
        deployment = {"id": number, "environment": environment}
        body = {"deployment": deployment, "deployment_status": {"id": number, "state": "success"}}
        self._tell_github("deployment_status", body)

    def release(self) -> None:
        number = self.serial()
        tag = f"v{number}"
        self.history[tag] = self.history[self.main]
        self._publish(f"release:{number}", f"{REPOSITORY}#{tag}", tag, "release")
        self._tell_github("release", {"action": "published", "release": {"tag_name": tag}})

    def _publish(self, identity: str, subject: str, sha: str, environment: str) -> None:
        self.published.append(
            Published(
                identity=identity,
                subject=subject,
                sha=sha,
                contains=self.history[sha],
                environment=environment,
                at=self.clock(),
            )
        )

    def _commit(self, *parents: str) -> str:
        sha = f"c{self.serial():06x}"
        self.history[sha] = frozenset({sha}).union(*(self.history[parent] for parent in parents))
        return sha

    def _pull_changed(self, after: PullRequest, action: str, *, review: Review | None = None) -> None:
        self.pulls[after.number - 1].append((self.clock(), after))
        place = {"repo": {"id": REPOSITORY_ID}}
        one = {
            "number": after.number,
            "title": after.title,
            "body": "",
            "head": {**place, "ref": after.branch},
            "base": place,
            "author_association": "MEMBER",
        }
        body: Json = {"action": action, "pull_request": one}
        if review:
            body["review"] = {
                "state": review.state.value,
                "user": {"login": review.reviewer},
                "id": review.id,
                "commit_id": review.commit,
            }
        self._tell_github("pull_request_review" if review else "pull_request", body)

    def _tell_github(self, event: str, body: Json) -> None:
        repository = {"id": REPOSITORY_ID, "full_name": REPOSITORY, "default_branch": "main"}
        self._tell(
            Webhook(
                source="github", event=event, guid=f"g{self.serial()}", body=body | {"repository": repository}
            )
        )
