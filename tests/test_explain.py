"""`explain` names the true cause: a table of faults, each injected into a world and then asked about.

One world for all of them, in which nobody works: each case files a ticket of its own and looks at it itself.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import delete, update

import bridge.app
import bridge.reconcile
from bridge.cli.waiting import until
from bridge.clients.mail import Mailer
from bridge.config import Secret
from bridge.reconcile import reconcile
from bridge.reconcile.missed import heal
from bridge.reconcile.outbox import send_due
from bridge.sandbox.control import Fault
from bridge.services import Services
from bridge.store.claims import claim, claimable, release_dead
from bridge.store.sweeps import hurry
from bridge.store.tables import BucketRow, Mail, Ticket
from bridge.store.tickets import ring
from tests.conftest import installed
from tests.scripted_relay import scripted_relay
from tests.test_doctor import run
from tests.test_engine import _upload
from tests.world import SECONDS, World

CREATE = "POST /jira/rest/api/*/issue"
MINUTE = timedelta(minutes=1)


@dataclass
class Desk:
    """The world, the clock's lead over it, and what a case leaves to be put right."""

    world: World
    patch: pytest.MonkeyPatch
    ahead: timedelta = field(default_factory=timedelta)

    @property
    def services(self) -> Services:
        return replace(self.world.services, clock=lambda: datetime.now(UTC) + self.ahead)

    def fault(self, match: str, do: str, *, times: int = 1, retry_after: int | None = None) -> None:
        self.world.sandbox.controls.add(Fault(match=match, do=do, times=times, retry_after=retry_after))

    def look(self, number: int) -> None:
        reconcile(self.services, number, owner="here:1")
        send_due(self.services)

    def again(self, number: int, *, after: timedelta = timedelta()) -> None:
        """Look once more, rung or not, when the wait is over."""
        self.ahead += after
        with self.world.services.store.begin() as db:
            db.execute(update(Ticket).where(Ticket.id == number).values(retry_at=None))
            db.execute(delete(BucketRow))
            ring(db, number, kind="cli", subject="test", now=self.services.clock())
        self.look(number)

    def rest(self) -> None:
        """Until every webhook has come and every ticket that deserves a look has had it."""

        def still() -> bool:
            arrived = self.world._webhooks_arrived()
            waiting = claimable(self.world.services.store, now=self.services.clock(), limit=100)
            for number in waiting:
                self.look(number)
            return arrived and not waiting

        assert until(still, seconds=SECONDS)

    def filed(self, **answers: Any) -> tuple[int, str]:
        """A ticket with its issue: its number and the issue's key."""
        number = self.world.file(**answers)
        self.look(number)
        key = self.world.ticket(number).jira_key
        assert key, self.world.ticket(number).outcome
        return number, key

    def doing(self) -> tuple[int, str]:
        number, key = self.filed()
        for status in ("Backlog", "To Do", "Doing"):
            self.world.drag(key, status)
        self.rest()
        return number, key

    def reviewed(self, *events: str) -> tuple[int, str, int]:
        """A ticket with a pull request and these reviews of bruno's."""
        number, key = self.doing()
        pull = self.world.open_pull(f"{key}-x")
        self.rest()
        for event in events:
            self.world.review(pull, event)
        self.rest()
        return number, key, pull

    @contextmanager
    def told_nothing(self) -> Iterator[None]:
        """GitHub's webhooks are switched off."""
        repos = self.world._repos()
        kept = [dict(repo.hooks) for repo in repos]
        for repo in repos:
            repo.hooks.clear()
        yield
        for repo, hooks in zip(repos, kept, strict=True):
            repo.hooks.update(hooks)

    def post(self, body: bytes, *, guid: str, event: str, signature: str | None = None) -> int:
        """A request to GitHub's receiver; its status."""
        secret = self.services.config.github.webhook_secrets[0].reveal().encode()
        signed = signature or "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        headers = {"X-GitHub-Delivery": guid, "X-GitHub-Event": event, "X-Hub-Signature-256": signed}
        url = f"{self.services.config.public_url}/webhooks/github"
        return requests.post(url, data=body, headers=headers, timeout=10).status_code


Case = Callable[[Desk], tuple[int | str, list[str]]]
"""Injects a fault: the ticket to explain (or the command to ask by) and the words that name the cause."""
CASES: dict[str, Case] = {}


def case(inject: Case) -> Case:
    CASES[inject.__name__] = inject
    return inject


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("explained")
    database = f"sqlite:///{folder / 'chamados.db'}"
    with installed(database, folder, {"still": True}) as world, pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            bridge.app, "load", lambda _: world.services.mappings
        )  # read once, not for each question
        world.sandbox.jira.index_lag = 0.0
        yield world


@pytest.fixture
def desk(shared_world: World) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        yield Desk(shared_world, patch)
    shared_world.services.jira.forget_site()
    shared_world.sandbox.controls.faults.clear()
    shared_world.sandbox.jira.index_lag = 0.0
    with shared_world.services.store.begin() as db:
        db.execute(delete(BucketRow))
        # What a case leaves undone is no other's business.
        db.execute(update(Ticket).values(held=True))
        db.execute(update(Mail).where(Mail.state != "sent").values(state="failed", due_at=None))


# --- filing the issue


@case
def jira_is_down_before_anything_is_asked(desk: Desk) -> tuple[int, list[str]]:
    desk.world.services.jira.forget_site()
    desk.fault("GET /jira/*/serverInfo", "503")
    number = desk.world.file()
    desk.look(number)
    return number, [f"CT-{number} waits for Jira (failed (503, GET serverInfo); 1 try, again in"]


@case
def jira_fails_in_the_middle_of_a_creation(desk: Desk) -> tuple[int, list[str]]:
    desk.fault(CREATE, "500")
    number = desk.world.file()
    desk.look(number)
    return number, [f"CT-{number} is in doubt", "in doubt: Jira: failed (500, POST issue)"]


@case
def the_answer_to_a_creation_is_lost_and_search_lags(desk: Desk) -> tuple[int, list[str]]:
    desk.world.sandbox.jira.index_lag = 1e6
    desk.fault(CREATE, "drop_after")
    number = desk.world.file()
    desk.look(number)
    marker = desk.world.ticket(number).marker
    return number, ["closed the connection (POST issue)", f"label {marker} is not found yet; searching again"]


@case
def the_lost_issue_is_found_by_its_label(desk: Desk) -> tuple[int, list[str]]:
    desk.fault(CREATE, "drop_after")
    number = desk.world.file()
    desk.look(number)
    desk.again(number)
    key = desk.world.ticket(number).jira_key
    return number, ["closed the connection (POST issue)", f"found {key} by its label"]


def _created_twice(desk: Desk) -> int:
    for hook in desk.world.sandbox.jira.hooks.known.values():
        desk.patch.setattr(hook, "enabled", False)  # or Jira's own webhook would name the issue
    desk.world.sandbox.jira.index_lag = 1e6
    desk.fault(CREATE, "drop_after")
    number = desk.world.file()
    desk.look(number)
    with desk.world.services.store.begin() as db:
        early = desk.services.clock() - 16 * MINUTE
        db.execute(update(Ticket).where(Ticket.id == number).values(create_started_at=early))
    desk.again(number)
    return number


@case
def a_creation_is_sent_again_after_the_quarantine(desk: Desk) -> tuple[int, list[str]]:
    number = _created_twice(desk)
    return number, ["creation started again: 0:15:00 after a lost answer its label was not to be found"]


@case
def the_second_issue_surfaces_and_is_closed(desk: Desk) -> tuple[int, list[str]]:
    number = _created_twice(desk)
    desk.world.sandbox.jira.index_lag = 0.0
    younger = desk.world.ticket(number).jira_key
    hurry(desk.services.store, now=desk.services.clock())
    heal(desk.services)
    desk.again(number)
    older = desk.world.ticket(number).jira_key
    assert older != younger
    return number, [f"{older} is older than {younger}", f"{younger} is a second issue of {older}: closed"]


@case
def jira_asks_to_wait(desk: Desk) -> tuple[int, list[str]]:
    desk.fault(CREATE, "429", retry_after=40)
    number = desk.world.file()
    desk.look(number)
    return number, [f"CT-{number} waits for Jira (asked us to wait (429, POST issue); 1 try, again in"]


@case
def the_scope_that_jira_named_still_rests(desk: Desk) -> tuple[int, list[str]]:
    desk.fault(CREATE, "429", retry_after=40)
    desk.look(desk.world.file())
    number = desk.world.file()
    desk.look(number)
    return number, ["jira POST issue rests: Jira said 429 jira-burst-based"]


@case
def jira_is_overloaded_and_says_for_how_long(desk: Desk) -> tuple[int, list[str]]:
    desk.fault(CREATE, "503", retry_after=90)
    number = desk.world.file()
    desk.look(number)
    return number, ["asked us to wait (503, POST issue)"]


@case
def the_token_has_expired(desk: Desk) -> tuple[int, list[str]]:
    desk.fault(CREATE, "401")
    number = desk.world.file()
    desk.look(number)
    return number, ["does not accept our token or permissions (401, POST issue)"]


@case
def the_account_may_not_create_issues(desk: Desk) -> tuple[int, list[str]]:
    desk.fault(CREATE, "403")
    number = desk.world.file()
    desk.look(number)
    return number, ["does not accept our token or permissions (403, POST issue)"]


@case
def a_field_is_on_no_screen(desk: Desk) -> tuple[int, list[str]]:
    assert desk.services.jira.site  # known from before
    for screen in desk.world.sandbox.jira.site.made.screens.values():
        for tab in screen.tabs:
            left = [one for one in tab.fields if one != "customfield_10104"]
            desk.patch.setattr(tab, "fields", left)
    number = desk.world.file()
    desk.look(number)
    return number, [
        f"CT-{number} is parked",
        "fluxo (customfield_10104)",
        "not on the appropriate screen",
        "400",
    ]


@case
def an_option_was_removed(desk: Desk) -> tuple[int, list[str]]:
    for context in desk.world.sandbox.jira.site.made.contexts["customfield_10101"]:
        left = [option for option in context.options if option.value != "Sistema"]
        desk.patch.setattr(context, "options", left)
    number = desk.world.file()
    desk.look(number)
    return number, ["ferramenta (customfield_10101): Option value 'Sistema' is not valid", "400"]


@case
def jira_demands_a_field_that_the_form_has_not(desk: Desk) -> tuple[int, list[str]]:
    desk.patch.setattr(desk.world.sandbox.jira.site.made, "required", {"duedate"})
    number = desk.world.file()
    desk.look(number)
    return number, ["duedate: Due date is required.", "(400, POST issue)"]


@case
def the_description_is_too_long(desk: Desk) -> tuple[int, list[str]]:
    number = desk.world.file(descricao="x" * 40_000)
    desk.look(number)
    return number, ["attached texto-completo-", "texto-completo.txt, 40", "bytes: in Jira"]


@case
def a_field_was_renamed_in_jira(desk: Desk) -> tuple[int, list[str]]:
    fields = desk.world.sandbox.jira.site.fields
    desk.patch.setitem(fields, "customfield_10101", replace(fields["customfield_10101"], name="Tool"))
    desk.world.services.jira.forget_site()
    number = desk.world.file()
    desk.look(number)
    return number, [
        f"CT-{number} is parked",
        'the site differs from the mappings: field "Ferramenta" is not on the site',
    ]


@case
def a_column_of_the_board_was_renamed(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.filed()
    desk.world.drag(key, "Backlog")
    desk.rest()
    statuses = desk.world.sandbox.jira.site.statuses
    todo = next(one for one, status in statuses.items() if status.name == "To Do")
    desk.patch.setitem(statuses, todo, replace(statuses[todo], name="A fazer"))
    desk.world.services.jira.forget_site()
    desk.world.branch(f"{key}-x")
    desk.rest()
    return number, [
        f"CT-{number} is parked: Jira: offers no transition from Backlog to To Do",
        'status "To Do"',
    ]


@case
def a_maintenance_page_comes_with_status_200(desk: Desk) -> tuple[int, list[str]]:
    number, _ = desk.filed()
    issue = desk.world.ticket(number).jira_id
    desk.fault(f"GET {desk.world.jira_path}/issue/{issue}", "html")
    desk.again(number)
    return number, [f"answered with a page instead of data (GET issue/{issue})"]


@case
def the_issue_was_deleted(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.filed()
    desk.rest()
    desk.world.jira("DELETE", f"issue/{key}")
    desk.rest()
    return number, [f"CT-{number} rests in Encerrado", f"{key} is not in Jira any more", "delivery"]


# --- moving it


@case
def the_board_offers_no_such_transition(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    site = desk.world.sandbox.jira.site
    review = next(one for one, status in site.statuses.items() if status.name == "PR Review")
    for workflow in site.made.workflows.values():
        fewer = [arrow for arrow in workflow.arrows if arrow.target != review]
        desk.patch.setattr(workflow, "arrows", fewer)
    pull = desk.world.open_pull(f"{key}-x")
    desk.rest()
    needed = f"review_pending needs one: softhouse/erp#{pull} waits for review"
    return number, ["offers no transition from Doing to PR Review (only to", needed]


@case
def somebody_else_moves_the_issue_at_the_same_time(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    desk.fault("POST /jira/*/transitions", "409")
    desk.world.open_pull(f"{key}-x")
    assert until(lambda: _looked_with(desk, number, "409"), seconds=SECONDS)
    return number, [
        f"somebody else was changing the issue (409, POST issue/{desk.world.ticket(number).jira_id}"
    ]


def _looked_with(desk: Desk, number: int, word: str) -> bool:
    desk.look(number)
    return word in desk.world.ticket(number).outcome


@case
def staging_was_deployed_before_the_approval(desk: Desk) -> tuple[int, list[str]]:
    number, key, _ = desk.reviewed()
    deployment = desk.world.deploy(ref=f"{key}-x")
    desk.rest()
    refused = "deployed_staging moves to Publicado em Homologação only from PR Aprovado, not from PR Review"
    return number, [f"CT-{number} rests in PR Review: deployment:{deployment} succeeded", refused]


@case
def a_person_has_dragged_it_back(desk: Desk) -> tuple[int, list[str]]:
    number, key, pull = desk.reviewed("APPROVE")
    desk.world.drag(key, "Error Fix")
    desk.world.drag(key, "Doing")
    desk.rest()
    spent = "pull_requests has moved it"
    return number, [
        f"CT-{number} rests in Doing: Tânia Triagem moved it there (changelog:",
        spent,
        f"#{pull} was",
    ]


@case
def the_review_was_a_comment_only(desk: Desk) -> tuple[int, list[str]]:
    number, _, _ = desk.reviewed("COMMENT")
    return number, ["by bruno: COMMENTED, which is no verdict and changes nothing", ": 0 of 1 approvals"]


@case
def the_author_approved_his_own_work(desk: Desk) -> tuple[int, list[str]]:
    number, _, pull = desk.reviewed()
    [repo] = desk.world._repos()
    repo.pulls[pull].author = "bruno"
    desk.world.github("POST", f"pulls/{pull}/reviews", who="ana", json={"event": "COMMENT", "body": "x"})
    repo.pulls[pull].reviews[-1].state = "APPROVED"
    repo.pulls[pull].author = "ana"
    desk.rest()
    return number, ["by ana: APPROVED, not counted: authors do not judge their own work"]


@case
def the_approval_is_stale(desk: Desk) -> tuple[int, list[str]]:
    mappings = desk.world.services.mappings
    workflow = replace(mappings.workflow, reviews=replace(mappings.workflow.reviews, stale_on_push=True))
    strict = replace(mappings, workflow=workflow)
    desk.world = replace(desk.world, services=replace(desk.world.services, mappings=strict))
    desk.patch.setattr(bridge.app, "load", lambda _: strict)
    number, key, _ = desk.reviewed("APPROVE")
    desk.world.push(f"{key}-x")
    desk.rest()
    return number, [
        "by bruno: APPROVED, stale: given at",
        "moved from PR Aprovado to PR Review by review_pending",
    ]


@case
def the_reviewer_was_asked_again(desk: Desk) -> tuple[int, list[str]]:
    number, _, pull = desk.reviewed("REQUEST_CHANGES")
    desk.world.github("POST", f"pulls/{pull}/requested_reviewers", json={"reviewers": ["bruno"]})
    desk.rest()
    return number, ["by bruno: CHANGES_REQUESTED, withdrawn: this reviewer was asked again"]


@case
def the_pull_request_is_a_draft(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    pull = desk.world.open_pull(f"{key}-x", draft=True)
    desk.rest()
    return number, [f"softhouse/erp#{pull} is a draft"]


@case
def the_pull_request_was_closed_unmerged(desk: Desk) -> tuple[int, list[str]]:
    number, _, pull = desk.reviewed()
    desk.world.github("PATCH", f"pulls/{pull}", json={"state": "closed"})
    desk.rest()
    return number, [f"softhouse/erp#{pull} was closed unmerged, so it says nothing"]


@case
def the_deployment_is_without_the_fix(desk: Desk) -> tuple[int, list[str]]:
    number, _, _ = desk.reviewed("APPROVE")
    deployment = desk.world.deploy()
    desk.rest()
    return number, [f"deployment softhouse/erp#{deployment}@", "moves nothing", "without the ticket's fix"]


@case
def one_pull_request_of_two_was_deployed(desk: Desk) -> tuple[int, list[str]]:
    number, key, first = desk.reviewed("APPROVE")
    deployment = desk.world.deploy(ref=f"{key}-x")
    second = desk.world.open_pull(f"{key}-y")
    desk.rest()
    assert first != second
    return number, [f"deployment:{deployment} in homologacao: without softhouse/erp#{second}@"]


@case
def github_does_not_show_yet_what_it_told_of(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    desk.fault("POST /github/graphql", "404")
    pull = desk.world.open_pull(f"{key}-x")
    assert until(lambda: _looked_with(desk, number, "NOT_FOUND"), seconds=SECONDS)
    return number, [
        f"CT-{number} waits for GitHub (does not show it (GraphQL: NOT_FOUND), softhouse/erp#{pull}; 1"
    ]


@case
def github_never_shows_it(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    desk.fault("POST /github/graphql", "404", times=4)
    pull = desk.world.open_pull(f"{key}-x")
    assert until(lambda: _looked_with(desk, number, "NOT_FOUND"), seconds=SECONDS)
    for _ in range(3):
        desk.again(number)
    return number, [
        f"does not show it (GraphQL: NOT_FOUND), softhouse/erp#{pull}: taken for gone after 3 tries"
    ]


@case
def github_is_down(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    desk.fault("POST /github/graphql", "503", times=2)
    pull = desk.world.open_pull(f"{key}-x")
    assert until(lambda: _looked_with(desk, number, "503"), seconds=SECONDS)
    desk.again(number)
    return number, [f"CT-{number} waits for GitHub (failed (503), softhouse/erp#{pull}; 2 tries, again in"]


@case
def github_refuses_the_token(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    desk.fault("POST /github/graphql", "401")
    desk.world.open_pull(f"{key}-x")
    assert until(lambda: _looked_with(desk, number, "401"), seconds=SECONDS)
    return number, ["waits for GitHub (does not accept our token (401), softhouse/erp#"]


@case
def github_asks_to_wait(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    desk.fault("POST /github/graphql", "403", retry_after=70)
    desk.world.open_pull(f"{key}-x")
    assert until(lambda: _looked_with(desk, number, "403"), seconds=SECONDS)
    return number, ["waits for GitHub (asked us to wait (403), softhouse/erp#"]


# --- its files


@case
def a_file_is_larger_than_jira_takes(desk: Desk) -> tuple[int, list[str]]:
    number, _ = desk.filed()
    desk.patch.setattr(desk.world.sandbox.jira.site, "upload_limit", 10)
    _upload(desk.world, number, "grande.png", b"x" * 20)
    desk.look(number)
    return number, ["grande.png, 20 bytes: refused", "413", "exceeds the maximum attachment size of 10 bytes"]


@case
def the_second_of_three_files_fails(desk: Desk) -> tuple[int, list[str]]:
    number, _ = desk.filed()
    for name in ("um.png", "dois.png", "tres.png"):
        _upload(desk.world, number, name, name.encode())
    fault = Fault(match="POST /jira/*/attachments", do="503")
    attach = desk.world.services.jira.files.attach

    def second_fails(*args: Any, **more: Any) -> str:
        if more["filename"].startswith("dois"):
            desk.world.sandbox.controls.add(fault)
        return attach(*args, **more)

    desk.patch.setattr(desk.world.services.jira.files, "attach", second_fails)
    desk.look(number)
    issue = desk.world.ticket(number).jira_id
    return number, [
        f"failed (503, POST issue/{issue}/attachments), file ",
        "um.png, 6 bytes: in Jira",
        "dois.png, 8 bytes: not in Jira yet",
        "tres.png, 8 bytes: in Jira",
    ]


@case
def the_answer_to_a_file_is_lost(desk: Desk) -> tuple[int, list[str]]:
    number, _ = desk.filed()
    _upload(desk.world, number, "tela.png", b"PNG")
    desk.fault("POST /jira/*/attachments", "drop_after")
    desk.look(number)
    desk.again(number)
    return number, [
        "closed the connection (POST issue/",
        "was there already: an answer of Jira's had been lost",
    ]


# --- its e-mails


@case
def the_relay_greylists(desk: Desk) -> tuple[int, list[str]]:
    desk.fault("SMTP colega@*", "451")
    number, _ = desk.filed()
    return number, ["e-mail recebido to colega@revenda.example is tried again: SMTP: 451 4.7.1 Greylisted"]


@case
def the_mailbox_does_not_exist(desk: Desk) -> tuple[int, list[str]]:
    desk.fault("SMTP saiu@*", "550")  # nobody else's: the address is suppressed from then on
    number, _ = desk.filed(notificar=["saiu@revenda.example"])
    return number, ["e-mail recebido to saiu@revenda.example failed: SMTP: 550 5.1.1 No such mailbox"]


@case
def the_relay_falls_silent_after_the_message(desk: Desk) -> tuple[int, list[str]]:
    desk.fault("SMTP colega@*", "drop_after")
    number, _ = desk.filed()
    desk.ahead += 6 * MINUTE
    send_due(desk.services)
    return number, ["broke off after the message; it may have been taken", "sent after 2 tries 250"]


@case
def the_relay_is_down(desk: Desk) -> tuple[int, list[str]]:
    number = desk.world.file()
    settings = replace(desk.services.config.mail, smtp_url=Secret("smtp://127.0.0.1:9"))
    down = replace(desk.services, mailer=Mailer(settings))
    reconcile(down, number, owner="here:1")
    send_due(down)
    return number, ["is tried again: SMTP: could not be reached (ConnectionRefusedError)"]


@case
def the_relay_does_not_let_us_in(desk: Desk) -> tuple[int, list[str]]:
    number = desk.world.file()
    with scripted_relay(AUTH="535 5.7.8 Not accepted") as relay:
        url = Secret(f"smtp://us:old@127.0.0.1:{relay.port}")
        settings = replace(desk.services.config.mail, smtp_url=url)
        shut = replace(desk.services, mailer=Mailer(settings))
        reconcile(shut, number, owner="here:1")
        send_due(shut)
    return number, ["is tried again: SMTP: 535 5.7.8 Not accepted"]


def _with_hold(desk: Desk, seconds: int) -> None:
    config = replace(desk.world.services.config, mail_hold=seconds)
    desk.patch.setattr(
        desk, "world", replace(desk.world, services=replace(desk.world.services, config=config))
    )


@case
def a_move_was_undone_within_the_hold(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.filed()
    _with_hold(desk, 600)
    desk.world.drag(key, "Faltam Informações")
    desk.world.drag(key, "Triagem")
    desk.rest()
    desk.again(number, after=11 * MINUTE)
    return number, ["status Faltam Informações", "no e-mail: undone within 600 s", "Tânia Triagem"]


@case
def an_email_is_on_hold(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.filed()
    _with_hold(desk, 600)
    desk.world.drag(key, "Backlog")
    desk.rest()
    return number, [f"CT-{number} rests in Backlog, what is on hold is looked at again in "]


@case
def a_status_sends_no_email(desk: Desk) -> tuple[int, list[str]]:
    number, _ = desk.doing()
    return number, ["status Doing at", "no e-mail: Doing sends none"]


# --- the engine itself


@case
def nobody_works(desk: Desk) -> tuple[int, list[str]]:
    number = desk.world.file()
    return number, [f"CT-{number} waits for a worker since", "is `chamados serve` or `worker` running?"]


@case
def it_was_parked_by_hand(desk: Desk) -> tuple[int, list[str]]:
    number, _ = desk.filed()
    run(desk.world, "tickets", "park", f"CT-{number}", "o quadro está sendo refeito")
    return number, [
        f"CT-{number} is parked by the operator: o quadro está sendo refeito; doorbells wait until"
    ]


@case
def a_worker_slept_through_its_lease(desk: Desk) -> tuple[int, list[str]]:
    number = desk.world.file()
    early = desk.services.clock() - 2 * MINUTE
    assert claim(desk.services.store, number, owner="there:7", now=early, lease=MINUTE)
    desk.look(number)
    return number, ["the lease of there:7 ran out at", "here:1 goes on"]


@case
def a_worker_was_killed(desk: Desk) -> tuple[int, list[str]]:
    number = desk.world.file()
    now = desk.services.clock()
    assert claim(desk.services.store, number, owner="here:6", now=now, lease=MINUTE)
    assert release_dead(desk.services.store, is_dead=lambda owner: owner == "here:6", now=now) == 1
    return number, ["here:6 ended in the middle of a look; the ticket is free again"]


@case
def somebody_is_at_it(desk: Desk) -> tuple[int, list[str]]:
    number = desk.world.file()
    assert claim(desk.services.store, number, owner="there:7", now=desk.services.clock(), lease=MINUTE)
    return number, [f"CT-{number} is being looked at by there:7"]


@case
def the_clock_was_set_back(desk: Desk) -> tuple[int, list[str]]:
    number = desk.world.file()
    tomorrow = desk.services.clock() + timedelta(days=1)
    assert claim(desk.services.store, number, owner="there:7", now=tomorrow, lease=MINUTE)
    desk.look(number)
    return number, ["later than any can: the clock was set back"]


@case
def there_is_a_bug(desk: Desk) -> tuple[int, list[str]]:
    number, _ = desk.filed()

    def broken(*_: object, **__: object) -> None:
        raise KeyError("not thought of")

    desk.patch.setattr(bridge.reconcile, "plan", broken)
    desk.again(number)
    return number, [f"CT-{number} is parked: bug: KeyError: 'not thought of'; it goes on when"]


@case
def a_webhook_never_came_and_a_sweep_found_it(desk: Desk) -> tuple[int, list[str]]:
    number, key = desk.doing()
    with desk.told_nothing():
        pull = desk.world.open_pull(f"{key}-x")
    hurry(desk.services.store, now=desk.services.clock())
    heal(desk.services)
    desk.look(number)
    return number, [
        f"what we found ourselves (pull_request softhouse/erp#{pull})",
        "moved from Doing to PR Review by review_pending",
    ]


# --- webhooks that concern nobody


def _newest(desk: Desk) -> str:
    return str(max(one.id for one in desk.world.deliveries()))


@case
def a_pull_request_names_no_ticket(desk: Desk) -> tuple[str, list[str]]:
    desk.world.open_pull("sem-chave")
    desk.rest()
    return "deliveries list --status ignored", ["ignored: no ticket named"]


@case
def a_pull_request_names_an_unknown_key(desk: Desk) -> tuple[str, list[str]]:
    desk.world.open_pull("OUTRO-7-x")
    desk.rest()
    return "deliveries list --status ignored", ["ignored: no ticket named (OUTRO-", "is none of ours)"]


@case
def a_signature_is_forged(desk: Desk) -> tuple[str, list[str]]:
    assert desk.post(b"{}", guid="forged", event="ping", signature="sha256=00") == 401
    return "deliveries list", [
        "refused 1 from github, the last at",
        "(401)",
        "CHAMADOS_GITHUB_WEBHOOK_SECRET",
    ]


@case
def a_delivery_came_again(desk: Desk) -> tuple[str, list[str]]:
    assert [desk.post(b"{}", guid="twice", event="ping") for _ in range(2)] == [202, 200]
    return f"deliveries show {_newest(desk)}", ["delivery_id: twice", "repeats: 1"]


@case
def a_delivery_came_again_with_another_body(desk: Desk) -> tuple[str, list[str]]:
    answers = [desk.post(body, guid="changed", event="ping") for body in (b"{}", b'{"a": 1}')]
    assert answers == [202, 409]
    return f"deliveries show {_newest(desk)}", ["came again with another body, which was refused (409)"]


@case
def a_payload_is_broken(desk: Desk) -> tuple[str, list[str]]:
    assert desk.post(b'{"ref', guid="broken", event="push") == 422
    return "deliveries list --status unreadable", ["unreadable: JSONDecodeError"]


@case
def a_payload_is_not_as_documented(desk: Desk) -> tuple[str, list[str]]:
    assert desk.post(b'{"pull_request": {}}', guid="odd", event="pull_request") == 422
    return f"deliveries show {_newest(desk)}", [
        "result: unreadable",
        "pull_request: not as documented (KeyError",
    ]


@case
def an_event_is_unknown(desk: Desk) -> tuple[str, list[str]]:
    assert desk.post(b"{}", guid="star", event="star") == 202
    return f"deliveries show {_newest(desk)}", ["ignored: star concerns no ticket"]


@case
def a_repository_is_not_ours(desk: Desk) -> tuple[str, list[str]]:
    body = b'{"ref": "refs/heads/x", "repository": {"full_name": "evil/fork", "id": 1}}'
    assert desk.post(body, guid="fork", event="push") == 202
    return f"deliveries show {_newest(desk)}", ["evil/fork is not in CHAMADOS_GITHUB_REPOSITORIES"]


@case
def a_deployment_failed(desk: Desk) -> tuple[str, list[str]]:
    made = desk.world.github("POST", "deployments", json={"ref": "main", "environment": "homologacao"})
    desk.world.github("POST", f"deployments/{made['id']}/statuses", json={"state": "failure"})
    desk.rest()
    return "deliveries list", [f"ignored: deployment {made['id']} is failure, which moves nothing"]


# --- the table


@pytest.mark.parametrize("name", CASES)
def test_the_true_cause_is_named(desk: Desk, name: str) -> None:
    asked, words = CASES[name](desk)
    command = asked.split() if isinstance(asked, str) else ["explain", f"CT-{asked}"]
    code, said = run(desk.world, *command)
    assert code == 0, said
    missing = [word for word in words if word not in said]
    assert not missing, f"{missing} not in:\n{said}"


def test_the_table_holds_forty_faults() -> None:
    assert len(CASES) >= 40
