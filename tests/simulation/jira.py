"""Jira's client over the outside world: its verbs, and its refusals."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from bridge.actions import Link
from bridge.clients.errors import Refused, Unavailable
from bridge.clients.jira.client import NewIssue
from bridge.clients.jira.documents import Block, Heading, Paragraph
from bridge.clients.jira.site import Site
from bridge.domain import DueDateChange, JiraComment, StatusChange
from bridge.domain import Issue as SeenIssue
from tests.simulation.outside import Outside
from tests.simulation.records import ARROWS, BRIDGE, Change, Issue
from tests.simulation.weather import Weather

SITE = Site(
    cloud=True,
    fields={"staging_url": "f-staging_url", "version": "f-version"},
    wanted={},
    status_names={},
    issue_types={},
    account=BRIDGE,
    service_desk=False,
)


class FakeJira:
    def __init__(
        self, outside: Outside, weather: Weather, later: Callable[[float, Callable[[], object]], None]
    ) -> None:
        self._outside = outside
        self._weather = weather
        self._later = later
        self.site = self.known_site = SITE

    def forget_site(self) -> None:
        """Its names never change here."""

    def observe(self, issue_id: str) -> SeenIssue:
        def effect() -> SeenIssue:
            self._weather.begin_look(issue_id)
            return _seen(self._outside.issue(issue_id))

        return self._weather.call("Jira", f"observe {issue_id}", effect)

    def comments(self, issue_id: str) -> tuple[JiraComment, ...]:
        return self._weather.call(
            "Jira", f"comments {issue_id}", lambda: _seen(self._outside.issue(issue_id)).comments
        )

    def transitions(self, issue_id: str) -> dict[str, str]:
        return self._weather.call(
            "Jira", f"transitions {issue_id}", lambda: _offered(self._outside.issue(issue_id))
        )

    def find_marked(self, marker: str) -> list[tuple[str, str]]:
        return self._weather.call("Jira", "find_marked", lambda: self._indexed(marker))

    copies = find_marked

    def updated_within(self, *, minutes: int) -> dict[str, datetime]:
        def effect() -> dict[str, datetime]:
            now = self._outside.clock()
            indexed = {
                one.id: [at for at in one.touched if at <= now - self._weather.search_lag]
                for one in self._outside.issues
            }
            since = now - timedelta(minutes=minutes)
            return {
                name: touched[-1] for name, touched in indexed.items() if touched and touched[-1] >= since
            }

        return self._weather.call("Jira", f"updated_within {minutes}", effect)

    def marked(self, issue_id: str, marker: str) -> tuple[str, str] | None:
        def effect() -> tuple[str, str] | None:
            one = self._outside.issue(issue_id)
            return (one.id, one.key) if one.marker == marker else None

        return self._weather.call("Jira", f"marked {issue_id}", effect)

    def fitted(self, blocks: Sequence[Block], *, notice: str) -> tuple[Sequence[Block], bool]:
        return blocks, True

    def shows_project(self) -> bool:
        return True

    def create(self, new: NewIssue) -> tuple[str, str]:
        def effect() -> tuple[str, str]:
            made = self._outside.create(new.marker)
            return made.id, made.key

        dice = self._weather.dice
        if not self._weather.calm and dice.random() < self._weather.rates["lost"] / 4:
            # The request outlives its answer and is carried out much later (reference 1.7).
            delay = dice.choice((20.0, 400.0, 1050.0))
            self._later(delay, effect)
            self._weather.latest_creation = max(self._weather.latest_creation, timedelta(seconds=delay))
            self._weather.log(f"create {new.reference} will come late")
            raise Unavailable("Jira", "did not answer in time", unknown_outcome=True)
        return self._weather.call("Jira", f"create {new.reference}", effect, writes=True)

    def link(self, issue_id: str, link: Link) -> None:
        one = self._outside.issue(issue_id)
        name = link.pull_request.name
        self._weather.call(
            "Jira",
            f"link {issue_id} {link.title}",
            lambda: self._outside.link(one, name, link.title, resolved=link.resolved),
            writes=True,
        )

    def link_duplicate(self, key: str, *, of: str) -> None:
        def effect() -> None:
            next(one for one in self._outside.issues if one.key == key).duplicate_of = of

        self._weather.call("Jira", f"link_duplicate {key}", effect, writes=True)

    def move(self, issue_id: str, transition_id: str) -> None:
        def effect() -> None:
            one = self._outside.issue(issue_id)
            start, _, to = transition_id.partition(">")
            if one.status != start:
                # R9: what the present status does not offer is answered 400.
                raise Refused("Jira", f"It is not on {start} any more: transition {transition_id} (400)")
            self._outside.move(one, to, who=BRIDGE)

        self._weather.call("Jira", f"move {issue_id} {transition_id}", effect, writes=True)

    def set_field(self, issue_id: str, field: str, value: str) -> None:
        one = self._outside.issue(issue_id)
        self._weather.call(
            "Jira",
            f"set_field {issue_id} {field}",
            lambda: self._outside.set_field(one, field, value),
            writes=True,
        )

    def comment(self, issue_id: str, blocks: Sequence[Block], *, marker: str) -> str:
        one = self._outside.issue(issue_id)
        text = "\n".join(block.text for block in blocks if isinstance(block, Heading | Paragraph))
        return self._weather.call(
            "Jira",
            f"comment {issue_id} {marker}",
            lambda: str(self._outside.comment(one, text, who=BRIDGE, marker=marker)),
            writes=True,
        )

    def find_comment(self, issue_id: str, marker: str) -> str | None:
        def effect() -> str | None:
            found = [one for one in self._outside.issue(issue_id).of("comment") if one.marker == marker]
            return str(found[0].id) if found else None

        return self._weather.call("Jira", f"find_comment {issue_id}", effect)

    def _indexed(self, marker: str) -> list[tuple[str, str]]:
        before = self._outside.clock() - self._weather.label_lag
        return [
            (one.id, one.key) for one in self._outside.issues if one.marker == marker and one.at <= before
        ]


def _offered(one: Issue) -> Mapping[str, str]:
    return {to: f"{one.status}>{to}" for to in ARROWS[one.status]}


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _seen(one: Issue) -> SeenIssue:
    def who(change: Change) -> str:
        return "Ponte" if change.by_bridge else "Pessoa"

    return SeenIssue(
        key=one.key,
        id=one.id,
        status=one.status,
        assignee=one.assignee,
        assignee_account=(one.assignee or "").lower(),
        due_date=one.due_date,
        updated_at=one.touched[-1],
        staging_url=one.fields.get("staging_url", ""),
        version=one.fields.get("version", ""),
        status_changes=tuple(
            StatusChange(
                id=str(change.id),
                at=change.at,
                author=who(change),
                by_bridge=change.by_bridge,
                from_status=change.old,
                to_status=change.new,
            )
            for change in one.of("status")
        ),
        due_date_changes=tuple(
            DueDateChange(
                id=str(change.id),
                at=change.at,
                author=who(change),
                from_date=_date(change.old),
                to_date=_date(change.new),
            )
            for change in one.of("duedate")
        ),
        comments=tuple(
            JiraComment(
                id=str(change.id),
                at=change.at,
                author=who(change),
                by_bridge=change.by_bridge,
                text=change.new,
                edited_at=change.at,
                restricted=False,
                service_desk_public=None,
            )
            for change in one.of("comment")
        ),
        transitions=_offered(one),
    )
