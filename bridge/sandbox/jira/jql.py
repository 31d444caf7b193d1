"""The part of JQL that this Jira understands; anything else is a 400, never a guess."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.sandbox.jira.configuration import Project
from bridge.sandbox.jira.errors import Refusal, invalid
from bridge.sandbox.jira.model import Issue
from bridge.sandbox.jira.site import Site

Test = Callable[[Issue], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark><=|>=|!=|[=<>(),])|(?P<word>[^\s"'=<>!(),]+))"""
)
_FIELDS = {"key": "key", "issuekey": "key", "issue": "key", "id": "key"} | {
    name: name for name in ("labels", "project", "status", "updated", "created", "issuetype")
}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Query:
    test: Test
    bounded: bool
    order: tuple[tuple[str, bool], ...]  # field, descending

    def sort(self, issues: list[Issue]) -> list[Issue]:
        issues = sorted(issues, key=lambda issue: int(issue.id), reverse=True)  # Jira's own: the newest first
        for name, descending in reversed(self.order):
            issues.sort(key=lambda issue: _sort_key(issue, name), reverse=descending)
        return issues


def _sort_key(issue: Issue, name: str) -> Any:
    return {"updated": issue.updated, "created": issue.created}.get(name, int(issue.id))


def parse(jql: str, site: Site) -> Query:
    return _Parser(_tokens(jql), site).query()


def _tokens(jql: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while jql[at:].strip():
        match = _TOKEN.match(jql, at)
        if match is None:
            raise _syntax(f"Expecting operator or value before '{jql[at:].strip()}'.")
        kind = str(match.lastgroup)
        text = match.group(kind)
        tokens.append((kind, re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "string" else text))
        at = match.end()
    return tokens


def _syntax(why: str) -> Refusal:
    return invalid(f"Error in the JQL Query: {why}")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], site: Site) -> None:
        self.tokens, self.site = tokens, site

    def query(self) -> Query:
        tests: list[Test] = []
        while self.tokens and not self._at("order"):
            tests.append(self._clause())
            if self.tokens and not self._at("order"):
                self._expect("and")
                if not self.tokens:
                    raise _syntax("Expecting either a field name at the end of the query.")
        order = self._order() if self.tokens else ()
        return Query(lambda issue: all(test(issue) for test in tests), bool(tests), order)

    def _at(self, word: str) -> bool:
        return bool(self.tokens) and self.tokens[0][1].lower() == word and self.tokens[0][0] != "string"

    def _next(self) -> str:
        if not self.tokens:
            raise _syntax("The query ends too early.")
        return self.tokens.pop(0)[1]

    def _expect(self, word: str) -> None:
        got = self._next()
        if got.lower() != word:
            raise _syntax(f"Expecting '{word.upper()}' but got '{got}'.")

    def _clause(self) -> Test:
        given = self._next()
        name = _FIELDS.get(given.lower())
        if name is None:
            raise invalid(f"Field '{given}' does not exist or you do not have permission to view it.")
        operator = self._operator()
        if name in ("updated", "created"):
            return self._time(name, operator, self._next())
        values = self._list() if operator.endswith("in") else [self._next()]
        if operator not in ("=", "!=", "in", "not in"):
            raise invalid(f"The operator '{operator}' is not supported by the '{given}' field.")
        wanted = {self._checked(name, value) for value in values}
        positive = operator in ("=", "in")
        return lambda issue: bool(wanted & self._facets(issue, name)) is positive

    def _operator(self) -> str:
        operator = self._next().lower()
        if operator == "not":
            self._expect("in")
            return "not in"
        if operator not in ("=", "!=", "in", "<", "<=", ">", ">="):
            raise _syntax(f"Expecting an operator but got '{operator}'.")
        return operator

    def _list(self) -> list[str]:
        self._expect("(")
        values = [self._next()]
        while self._at(","):
            self._next()
            values.append(self._next())
        self._expect(")")
        return values

    def _checked(self, name: str, value: str) -> str:
        """Jira refuses names of things that do not exist; labels alone may be anything."""
        if name == "labels":
            return value
        folded = value.lower()
        if name == "key":
            if self.site.find(value) is None:
                raise invalid(f"An issue with key '{value}' does not exist for field 'key'.")
        elif folded not in self._known(name):
            raise invalid(f"The value '{value}' does not exist for the field '{name}'.")
        return folded

    def _known(self, name: str) -> set[str]:
        if name == "status":
            return {word.lower() for each in self.site.statuses.values() for word in (each.id, each.name)}
        if name == "project":
            return {word for each in self.site.made.projects.values() for word in _project_words(each)}
        return {word for each in self.site.made.types.values() for word in (each.name.lower(), each.id)}

    def _facets(self, issue: Issue, name: str) -> set[str]:
        if name == "labels":
            return set(issue.values.get("labels") or [])
        if name == "key":
            return {issue.key.lower(), issue.id}
        if name == "status":
            return {issue.status, self.site.statuses[issue.status].name.lower()}
        project, type_id = self.site.place_of(issue)
        if name == "project":
            return _project_words(project)
        return {type_id, self.site.made.types[type_id].name.lower()}

    def _time(self, name: str, operator: str, text: str) -> Test:
        moment = self._moment(name, text)
        compare: dict[str, Callable[[datetime], bool]] = {
            ">=": lambda at: at >= moment,
            ">": lambda at: at > moment,
            "<=": lambda at: at <= moment,
            "<": lambda at: at < moment,
        }
        if operator not in compare:
            raise invalid(f"The operator '{operator}' is not supported by the '{name}' field.")
        # JQL knows no seconds, but what it compares has them
        return lambda issue: compare[operator](getattr(issue, name))

    def _moment(self, name: str, text: str) -> datetime:
        relative = re.fullmatch(r"([+-]?\d+)([mhdw])", text)
        if relative:
            return self.site.clock() + timedelta(**{_UNITS[relative[2]]: int(relative[1])})
        for pattern in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
            try:
                return datetime.strptime(text, pattern).replace(tzinfo=UTC)
            except ValueError:
                continue
        raise invalid(
            f"Date value '{text}' for field '{name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._expect("order")
        self._expect("by")
        order = []
        while True:
            name = self._next().lower()
            if name not in ("key", "issuekey", "id", "created", "updated"):
                raise invalid(f"Not able to sort using field '{name}'.")
            descending = self._at("desc")
            if descending or self._at("asc"):
                self._next()
            order.append((name, descending))
            if not self.tokens:
                return tuple(order)
            self._expect(",")


def _project_words(project: Project) -> set[str]:
    return {project.id, project.key.lower(), project.name.lower()}
