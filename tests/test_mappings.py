"""The shipped mapping is the vendor's process, and a broken one says everything that is wrong with it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mrml
import pytest

import mappings
from mappings import Fault, MappingError, load
from mappings.diagram import mermaid
from mappings.form import FieldType
from mappings.model import Category, Moment, Trigger

SHIPPED = Path(mappings.__file__).parent

# The vendor's board, written down from the guide and DESIGN §2, not from workflow.yaml.
BOARD = {
    "Triagem": ("new", "Backlog | Reprovado | Faltam Informações"),
    "Reprovado": ("done", ""),
    "Faltam Informações": ("new", "Triagem"),
    "Backlog": ("new", "To Do"),
    "To Do": ("new", "Doing"),
    "Doing": ("indeterminate", "PR Review"),
    "PR Review": ("indeterminate", "Error Fix | PR Aprovado | Doing"),
    "Error Fix": ("indeterminate", "Doing | PR Review"),
    "PR Aprovado": ("indeterminate", "Publicado em Homologação | Error Fix | PR Review"),
    "Publicado em Homologação": ("indeterminate", "Testing | Error Fix"),
    "Testing": ("indeterminate", "Test Finished | Error Fix"),
    "Test Finished": ("indeterminate", "Publicado | Error Fix"),
    "Publicado": ("indeterminate", "Encerrado | Error Fix"),
    "Encerrado": ("done", ""),
}
SENDS = {
    "Backlog": "aprovado",
    "Reprovado": "reprovado",
    "Faltam Informações": "faltam_informacoes",
    "Publicado em Homologação": "homologacao",
    "Testing": "testing",
    "Publicado": "publicado",
    "Encerrado": "encerrado",
}
RULES = {
    "filed": ("Triagem", ""),
    "answered": ("Triagem", "Faltam Informações"),
    "assigned": ("To Do", "Backlog"),
    "work_started": ("Doing", "Backlog | To Do"),
    "review_pending": ("PR Review", "Backlog | To Do | Doing | Error Fix | PR Aprovado"),
    "changes_requested": ("Error Fix", "Backlog | To Do | Doing | PR Review | PR Aprovado"),
    "fix_pushed": ("Doing", "Error Fix"),
    "approved": ("PR Aprovado", "Backlog | To Do | Doing | PR Review | Error Fix"),
    "back_to_draft": ("Doing", "PR Review | PR Aprovado"),
    "deployed_staging": ("Publicado em Homologação", "PR Aprovado"),
    "deployed_production": ("Publicado", "Test Finished"),
    "confirmed": ("Encerrado", "Publicado"),
    "still_failing": ("Error Fix", "Publicado em Homologação | Testing | Test Finished | Publicado"),
}


def names(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(" | ")) if joined else ()


# --- what ships


def test_the_board_is_the_vendors() -> None:
    statuses = load().workflow.statuses
    found = {name: (status.category.value, status.leaves_to) for name, status in statuses.items()}
    assert list(found) == list(BOARD)
    assert found == {name: (category, names(leaves)) for name, (category, leaves) in BOARD.items()}


def test_statuses_send_what_the_guide_promises() -> None:
    workflow = load().workflow
    assert {name: status.email for name, status in workflow.statuses.items() if status.email} == SENDS
    assert [name for name, status in workflow.statuses.items() if status.wants_comment] == [
        "Reprovado",
        "Faltam Informações",
    ]
    assert workflow.moments == {
        Moment.FILED: "recebido",
        Moment.ADDED: "acompanhar",
        Moment.DUE_DATE: "prazo",
        Moment.PUBLIC_COMMENT: "comentario",
        Moment.REDEPLOYED: "novo_endereco",
    }


def test_the_triggers_lead_where_the_design_says() -> None:
    rules = load().workflow.rules
    found = {rule.trigger.value: (rule.to, rule.moves_from) for rule in rules.values()}
    assert found == {trigger: (to, names(leaves)) for trigger, (to, leaves) in RULES.items()}
    assert all(trigger is rule.trigger and rule.through == () for trigger, rule in rules.items())


def test_the_rest_of_the_workflow() -> None:
    workflow = load().workflow
    assert workflow.initial.name == "Triagem"
    assert (workflow.reviews.approvals, workflow.reviews.stale_on_push) == (1, False)
    assert workflow.environments.staging == ("homolog*", "staging*", "hml*")
    assert workflow.environments.production == ("prod*",)
    assert workflow.environments.release_is_production is True
    assert workflow.comment_marker == "/parceiro"


@pytest.mark.parametrize("name", [name for name in BOARD if name not in ("Backlog", "Testing", "Encerrado")])
def test_the_partner_never_reads_the_boards_jargon(name: str) -> None:
    plain = load().workflow.statuses[name].plain
    assert plain
    assert not any(word in plain for word in ("PR", "Doing", "Fix", "To Do", "Backlog", "Test "))


@pytest.mark.parametrize(
    ("trigger", "start", "walk"),
    [
        ("review_pending", "Backlog", "To Do | Doing | PR Review"),
        ("review_pending", "Error Fix", "PR Review"),
        ("review_pending", "PR Aprovado", "PR Review"),
        ("approved", "To Do", "Doing | PR Review | PR Aprovado"),
        ("changes_requested", "Doing", "PR Review | Error Fix"),
        ("back_to_draft", "PR Aprovado", "PR Review | Doing"),
        ("still_failing", "Publicado", "Error Fix"),
    ],
)
def test_paths(trigger: str, start: str, walk: str) -> None:
    workflow = load().workflow
    assert workflow.path(rule=workflow.rules[Trigger(trigger)], start=start) == names(walk)


def test_every_trigger_reaches_its_target() -> None:
    workflow = load().workflow
    for rule in workflow.rules.values():
        for start in rule.moves_from:
            assert workflow.path(rule=rule, start=start), (rule.trigger, start)


def test_no_path_leaves_the_rules_statuses() -> None:
    workflow = load().workflow
    assert workflow.path(rule=workflow.rules[Trigger.DEPLOYED_PRODUCTION], start="PR Aprovado") is None


def test_the_form_is_the_guides() -> None:
    form = load().form
    assert {name: (field.type.value, field.jira, field.required) for name, field in form.fields.items()} == {
        "titulo": ("text", "summary", True),
        "email_cliente": ("email", "E-mail do cliente", True),
        "ferramenta": ("choice", "Ferramenta", True),
        "integracao": ("choice", "Integração", True),
        "notificar": ("emails", "Notificar também", False),
        "fluxo": ("steps", "Fluxo", True),
        "descricao": ("long_text", "description", True),
        "arquivos": ("files", "attachment", False),
    }
    assert next(iter(form.fields)) == "titulo"
    assert list(form.fields)[-1] == "arquivos"
    assert form.issue_type == "Chamado Técnico"
    assert form.fields["titulo"].max_length == 200
    assert form.fields["descricao"].max_length == 20000
    assert form.fields["integracao"].only_when == ("ferramenta", "Central de Integrações")
    assert form.own == mappings.form.OwnFields(
        partner="Parceiro",
        reference="Referência",
        staging_url="URL de homologação",
        version="Versão publicada",
    )


def test_the_options_are_the_guides() -> None:
    fields = load().form.fields
    tools = (
        "API | Sistema | Mobi | Print Integrator | Central de Integrações | Loja Online | Offline | Painel"
    )
    assert tuple(option.value for option in fields["ferramenta"].options) == names(f"{tools} | Ysaas | SAT")
    assert all(option.hint for option in fields["ferramenta"].options)
    groups: dict[str, list[str]] = {}
    for option in fields["integracao"].options:
        groups.setdefault(option.group, []).append(option.value)
    assert {group: len(values) for group, values in groups.items()} == {
        "Marketplaces e lojas": 16,
        "Financeira": 2,
        "Expedição": 1,
        "Drop shipping": 1,
    }


def test_the_emails_never_name_the_end_customers_licence() -> None:
    for email in load().emails.values():
        assert "email_cliente" not in email.body
        assert "licen" not in email.body.casefold()


def test_which_emails_want_something_done() -> None:
    emails = load().emails
    waiting = {kind for kind, email in emails.items() if email.needs_action}
    assert waiting == {"faltam_informacoes", "homologacao", "publicado"}
    assert {kind for kind, email in emails.items() if email.action == "staging"} == {
        "homologacao",
        "testing",
        "novo_endereco",
    }
    assert emails["testing"].source == "emails/testing.txt"


def test_the_frame_fetches_nothing() -> None:
    html = mrml.to_html(load().layout).content
    assert 'name="color-scheme"' in html
    assert "prefers-color-scheme" in html
    for fetching in ("<img", "<link", "@import", "url(", "googleapis"):
        assert fetching not in html


def test_the_diagram_shows_every_transition_and_trigger() -> None:
    workflow = load().workflow
    drawn = mermaid(workflow).splitlines()
    assert drawn[0] == "stateDiagram-v2"
    assert '    state "Publicado em Homologação" as Publicado_em_Homologacao' in drawn
    assert "    Doing --> PR_Review: review_pending" in drawn
    assert "    Triagem --> Backlog" in drawn
    assert "    [*] --> Triagem: filed" in drawn
    arrows = sum(len(names(leaves)) for _, leaves in BOARD.values())
    done = sum(status.category is Category.DONE for status in workflow.statuses.values())
    assert sum("-->" in line for line in drawn) == arrows + done + 1
    assert all(any(trigger.value in line for line in drawn) for trigger in Trigger)


def test_field_types_are_all_spoken_of() -> None:
    assert {field.type for field in load().form.fields.values()} == set(FieldType)


# --- what is wrong is said


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    copy = tmp_path / "mappings"
    shutil.copytree(SHIPPED, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


def edit(directory: Path, file: str, old: str, new: str) -> None:
    path = directory / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} has {text.count(old)} × {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def line_of(directory: Path, file: str, text: str, *, last: bool = False) -> int:
    lines = (directory / file).read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, start=1) if text in line]
    assert found, f"{file} has no line with {text!r}"
    return found[-1] if last else found[0]


def faults_of(directory: Path) -> tuple[Fault, ...]:
    with pytest.raises(MappingError) as caught:
        load(directory)
    assert len(str(caught.value).splitlines()) == len(caught.value.faults)
    return caught.value.faults


class Case(NamedTuple):
    """An edit of one file; the line that it makes faulty, by a text in it; and what is said of it."""

    file: str
    old: str
    new: str
    at: str
    message: str
    remedy: str
    last: bool = False


W, F, P = "workflow.yaml", "fields.yaml", "people.yaml"
TITULO = "- name: titulo\n    label: Título\n    type: text\n    jira: summary\n    required: true"
DRAFT = "  back_to_draft:\n    to: Doing\n    from: [PR Review, PR Aprovado]\n"

SHAPES = {
    "YAML syntax": Case(
        W, "plain: Aprovado, na", "plain: Aprovado: na", "Aprovado: na", "not valid YAML", "quotes"
    ),
    "YAML alias": Case(W, 'production: ["prod*"]', "production: *prod", "*prod", "undefined alias", "quotes"),
    "duplicate key": Case(
        W, "reviews:\n", "reviews:\n  stale_on_push: true\n", "  stale_on_push", "is here twice", "Keep",
        last=True,
    ),
    "unknown key": Case(
        W, "stale_on_push: ", "stale_on_pusch: ", "stale_on_pusch", "unknown key",
        "Did you mean 'stale_on_push'?",
    ),
    "unknown key in a status": Case(
        W, "plain: Encerrado", "plain: E\n    colour: red", "colour", "unknown key 'colour'",
        "Use one of: name,",
    ),
    "unknown key at the top": Case(
        F, "issue_type: ", "issue_kind: x\nissue_type: ", "issue_kind", "unknown key",
        "Did you mean 'issue_type'?",
    ),
    "missing key": Case(
        W, "    plain: Encerrado\n", "", "- name: Encerrado", "missing key 'plain'", "Add it."
    ),
    "missing key at the top": Case(
        W, "comment_marker: /parceiro\n", "", "statuses:", "missing key 'comment_marker'", "Add it."
    ),
    "text is a number": Case(
        F, 'version: "1"', "version: 1", "notice_version: 1", "is not a text", "in quotes"
    ),
    "number is a text": Case(
        W, "approvals: 1 ", 'approvals: "1" ', "approvals:", "'approvals' is not a whole number",
        "without quotes",
    ),
    "number is a yes": Case(
        W, "approvals: 1 ", "approvals: yes ", "approvals:", "is not a whole number", "without quotes"
    ),
    "yes-no is a text": Case(
        W, "initial: true ", "initial: maybe ", "initial: maybe", "neither true nor false", "true or false"
    ),
    "list is a text": Case(
        W, "[Triagem]\n\n", "Triagem\n\n", "leaves_to: Triagem", "'leaves_to' is not a list", "[one, another]"
    ),
    "item is no text": Case(
        W, "leaves_to: [To Do]", "leaves_to: [To Do, 7]", "[To Do, 7]", "item 2 of 'leaves_to'", "in quotes"
    ),
    "block is a text": Case(
        F, "only_when: {field: ferramenta, value: Central de Integrações}", "only_when: sim",
        "only_when: sim",
        "'only_when' is not a block of keys", "'key: value'",
    ),
    "empty value": Case(
        W, "plain: Encerrado", "plain:", "    plain:", "'plain' is empty", "take the line", last=True
    ),
    "blank text": Case(
        W, "plain: Encerrado", 'plain: " "', 'plain: " "', "'plain' is empty", "Write something"
    ),
    "unknown type": Case(
        F, "type: emails", "type: email_list", "type: email_list", "unknown type", "Did you mean 'emails'?"
    ),
    "bad name": Case(
        F, "- name: fluxo", "- name: Fluxo!", "- name: Fluxo!", "is no machine name", "a-z"
    ),
    "approvals below one": Case(
        W, "approvals: 1 ", "approvals: 0 ", "approvals: 0", "'approvals' is less than 1", "Write 1 or more"
    ),
    "marker with a space": Case(
        W, "/parceiro\n", "/ parceiro\n", "comment_marker", "is not one word", "/parceiro", last=True
    ),
    "globs are a text": Case(
        W, '["prod*"]', '"prod*"', "  production:", "'production' is not a list", "[one, another]"
    ),
    "globs are none": Case(W, '["prod*"]', "[]", "  production:", "'production' is empty", '"prod*"'),
    "glob is blank": Case(
        W, '["prod*"]', '["prod*", ""]', "  production:", "item 2 of 'production' is no pattern", "*"
    ),
    "glob is unclosed": Case(W, '["prod*"]', '["prod[12"]', "  production:", "is no pattern", "*"),
}  # fmt: skip

BOARDS = {
    "unknown trigger": Case(
        W, "  approved:", "  aproved:", "  aproved:", "unknown trigger 'aproved'",
        "Did you mean 'approved'? Use one of: filed, answered, assigned",
    ),
    "strange trigger": Case(
        W, "moments:\n", "  sneezed: {to: Doing, from: [Backlog]}\nmoments:\n", "sneezed",
        "unknown trigger 'sneezed'",
        "Use one of: filed, answered, assigned",
    ),
    "unknown category": Case(
        W, "category: done\n    plain: Encerrado", "category: finished\n    plain: Encerrado",
        "category: finished", "unknown category 'finished'", "Use one of: new, in progress, done",
    ),
    "near category": Case(
        W, "category: done\n    plain: Encerrado", "category: Done\n    plain: Encerrado",
        "category: Done", "unknown category 'Done'", "Did you mean 'done'?",
    ),
    "duplicate status": Case(
        W, "  # From here to PR",
        "  - {name: Backlog, category: done, plain: x, leaves_to: []}\n  # From here to PR",
        "{name: Backlog", "status 'Backlog' is here twice", "Rename or remove",
    ),
    "two initial": Case(
        W, "plain: Correção em andamento", "plain: x\n    initial: true", "    initial: true",
        "'Doing' is initial, and so is 'Triagem'", "one status only", last=True,
    ),
    "no initial": Case(
        W, "    initial: true ", "    initial: false ", "statuses:", "no status is initial", "initial: true"
    ),
    "unknown status in leaves_to": Case(
        W, "leaves_to: [To Do]", "leaves_to: [ToDo]", "[ToDo]", "unknown status 'ToDo'",
        "Did you mean 'To Do'?",
    ),
    "unknown status in to": Case(
        W, "to: PR Review\n", "to: PR Rewiew\n", "PR Rewiew", "unknown status", "Did you mean 'PR Review'?"
    ),
    "unknown status in from": Case(
        W, "from: [Test Finished]", "from: [Tested]", "[Tested]", "unknown status 'Tested'",
        "Use one of: Triagem,",
    ),
    "unknown status in through": Case(
        W, "from: [Error Fix]", "from: [Error Fix]\n    through: [Nada]", "through: [Nada]",
        "unknown status 'Nada'", "Use one of: Triagem,",
    ),
    "no exit": Case(
        W, "leaves_to: [To Do]", "leaves_to: [ ]", "leaves_to: [ ]",
        "nothing leads on from 'Backlog'", "make it 'category: done'",
    ),
    "unreachable": Case(
        W, "leaves_to: [Encerrado, Error Fix]", "leaves_to: [Error Fix]", "- name: Encerrado",
        "no way leads from the initial status to Encerrado", "leaves_to",
    ),
    "missing trigger": Case(W, DRAFT, "", "triggers:", "missing trigger 'back_to_draft'", "Add it."),
    "trigger that cannot get there": Case(
        W, "from: [PR Review, PR Aprovado]", "from: [PR Aprovado]", "from: [PR Aprovado]",
        "trigger 'back_to_draft' finds no way from PR Aprovado to Doing", "'through'",
    ),
    "trigger from nowhere": Case(
        W, "from: [Faltam Informações]", "from: []", "from: []", "trigger 'answered' may leave no status",
        "List the statuses", last=True,
    ),
    "filing from somewhere": Case(
        W, "to: Triagem\n    from: []", "to: Triagem\n    from: [Faltam Informações]", "from: [Faltam",
        "'filed' creates the ticket", "from: []",
    ),
    "filing to elsewhere": Case(
        W, "to: Triagem\n    from: []", "to: Backlog\n    from: []", "to: Backlog",
        "tickets are born in 'Triagem'", "to: Triagem",
    ),
    "unknown moment": Case(
        W, "due_date: prazo", "due_dates: prazo", "due_dates:", "unknown moment", "Did you mean 'due_date'?"
    ),
    "both environments": Case(
        W, '["prod*"]', '["prod*", "HML*"]', "  production:", "'HML*' is both", "one of the two lists"
    ),
    "comment without e-mail": Case(
        W, "plain: Correção em andamento", "plain: x\n    wants_comment: true", "    wants_comment: true",
        "'Doing' wants a comment but sends no e-mail", "Name an 'email'", last=True,
    ),
}  # fmt: skip

FORMS = {
    "duplicate field": Case(
        F, "- name: fluxo", "- name: titulo", "- name: titulo", "field 'titulo' is here twice", "remove",
        last=True,
    ),
    "one Jira field twice": Case(
        F, "jira: Fluxo", "jira: ferramenta", "jira: ferramenta", "'ferramenta' is here twice",
        "Change or remove",
    ),
    "own Jira field twice": Case(
        F, "partner: Parceiro", "partner: Fluxo", "partner: Fluxo", "Jira field 'Fluxo' is here twice",
        "Change",
    ),
    "no summary": Case(
        F, "jira: summary", "jira: Resumo", "fields:", "no field becomes Jira's summary", "jira: summary"
    ),
    "optional summary": Case(
        F, TITULO, TITULO.replace("true", "false"), "- name: titulo", "may be left empty", "required: true"
    ),
    "files elsewhere": Case(
        F, "jira: attachment", "jira: Arquivos", "jira: Arquivos", "cannot be kept",
        "Files go to 'attachment'",
    ),
    "choice without options": Case(
        F, "type: steps", "type: choice", "- name: fluxo", "choice 'fluxo' has no options", "under 'options'"
    ),
    "options without choice": Case(
        F, "type: choice\n    jira: Integração", "type: text\n    jira: Integração", "options:",
        "'integracao' has options but is no choice", "type: choice", last=True,
    ),
    "duplicate option": Case(
        F, "{value: Neo, ", "{value: Moovin, ", "Moovin", "option 'Moovin' is here twice", "remove", last=True
    ),
    "condition on an unknown field": Case(
        F, "field: ferramenta,", "field: feramenta,", "feramenta", "unknown field",
        "Did you mean 'ferramenta'?",
    ),
    "condition on an unknown value": Case(
        F, "value: Central de Integrações}", "value: Central de Integracoes}", "Central de Integracoes}",
        "which 'ferramenta' never is", "Did you mean 'Central de Integrações'?",
    ),
}  # fmt: skip

A, L = "emails/aprovado.txt", "emails/layout.mjml"
EMAILS = {
    "unknown e-mail in a status": Case(
        W, "email: aprovado", "email: aprovdo", "aprovdo", "unknown e-mail", "Did you mean 'aprovado'?"
    ),
    "unknown e-mail in a moment": Case(
        W, "filed: recebido", "filed: recebidos", "recebidos", "unknown e-mail", "Write emails/recebidos.txt"
    ),
    "unclosed placeholder": Case(
        A, "“{{ ticket.title }}”", "“{{ ticket.title }”", "{{ ticket.title }”", "not a valid template",
        "closed",
    ),
    "unknown placeholder": Case(
        A, "é {{ due_date }}", "é {{ duedate }}", "{{ duedate }}", "'duedate'", "Did you mean 'due_date'?"
    ),
    "unknown placeholder in a header": Case(
        A, "headline: O", "headline: {{ nome }} O", "headline", "unknown placeholder 'nome'",
        "Use one of: ticket,",
    ),
    "unknown part of a placeholder": Case(
        A, "ticket.title", "ticket.titel", "ticket.titel", "'ticket.titel'", "Did you mean 'ticket.title'?"
    ),
    "unknown filter": Case(
        A, "é {{ due_date }}", "é {{ due_date | data }}", "| data", "unknown filter 'data'", "'quote'"
    ),
    "unknown test": Case(
        A, "{% if due_date %}", "{% if due_date is set %}", "is set", "unknown test 'set'", "Jinja"
    ),
    "taking in another template": Case(
        A, "Você não precisa", '{% include "x" %}Você não precisa', "include", "cannot take in",
        "Write the text",
    ),
    "unknown header": Case(A, "button:", "buton:", "buton", "unknown header", "Did you mean 'button'?"),
    "missing header": Case(
        A, "headline: O chamado foi aprovado\n", "", "preheader", "missing header 'headline'", "Add"
    ),
    "repeated header": Case(
        A, "button: {%", "action: ticket\nbutton: {%", "action: t", "is here twice", "Keep", last=True
    ),
    "header without a colon": Case(
        A, "button: {%", "zzz\nbutton: {%", "zzz", "a header without ':'", "key: value"
    ),
    "bad action": Case(
        A, "action: ticket", "action: tickets", "action", "unknown action", "Did you mean 'ticket'?"
    ),
    "bad needs_action": Case(
        A, "needs_action: no", "needs_action: never", "needs_action", "unknown needs_action",
        "Use one of: yes, no",
    ),
    "no line ends the headers": Case(A, "\n---\n", "\n\n", "headline", "no line '---'", "Put a line '---'"),
    "unknown placeholder in the frame": Case(
        L, "{{ reason }}", "{{ motivo }}", "{{ motivo }}", "unknown placeholder 'motivo'", "reason"
    ),
    "broken MJML": Case(L, "</mjml>", "", "<mjml", "not valid MJML", "Close each tag"),
    "remote font": Case(
        L,
        "-apple-system, 'Helvetica Neue', Arial, sans-serif\" />",
        'Roboto" />',
        "<mjml",
        "would fetch https://fonts.googleapis.com",
        "system fonts",
    ),
    "remote image": Case(
        L, "<mj-text>{{ block.text }}</mj-text>",
        '<mj-text>{{ block.text }}</mj-text><mj-image src="https://x.example/a.png" />',
        "<mjml", "would fetch https://x.example/a.png", "no images",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in (SHAPES | BOARDS).items()])
def test_faults_of_the_board(directory: Path, case: Case) -> None:
    the_case_is_told_once(directory, case)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in FORMS.items()])
def test_faults_of_the_form(directory: Path, case: Case) -> None:
    the_case_is_told_once(directory, case)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in EMAILS.items()])
def test_faults_of_the_emails(directory: Path, case: Case) -> None:
    the_case_is_told_once(directory, case)


def the_case_is_told_once(directory: Path, case: Case) -> None:
    edit(directory, case.file, case.old, case.new)
    (fault,) = faults_of(directory)
    assert fault.file == case.file
    assert fault.line == line_of(directory, case.file, case.at, last=case.last)
    assert case.message in fault.message
    assert case.remedy in fault.remedy


Breakage = Callable[[Path], object]


def write(file: str, content: bytes) -> Breakage:
    return lambda directory: (directory / file).write_bytes(content)


def remove(file: str) -> Breakage:
    return lambda directory: (directory / file).unlink()


NOT_UTF8 = "headline: não".encode("latin-1")
FILES: dict[str, tuple[Breakage, str, int, str, str]] = {
    "missing workflow": (remove(W), W, 1, "cannot be read: No such file", "ships with the program"),
    "missing form": (remove(F), F, 1, "cannot be read: No such file", "ships with the program"),
    "missing frame": (remove(L), L, 1, "cannot be read: No such file", "ships with the program"),
    "empty workflow": (write(W, b""), W, 1, "the file is empty", "shipped"),
    "form of comments only": (write(F, b"# later\n"), F, 1, "the file is empty", "shipped"),
    "form that is a list": (write(F, b"- titulo\n"), F, 1, "the file is not a block of keys", "key: value"),
    "text that is not UTF-8": (write(A, b"button: x\n" + NOT_UTF8), A, 2, "is not UTF-8", "Save it as UTF-8"),
    "control character": (write(F, b"a: 1\nb: \x01\n"), F, 2, "not valid YAML", "quotes"),
    "orphan text": (
        lambda directory: shutil.copy(directory / A, directory / "emails/feliz_natal.txt"),
        "emails/feliz_natal.txt", 1, "no status and no moment sends 'feliz_natal'", "remove it",
    ),
    "unknown file": (
        write("workflow.yml", b""), "workflow.yml", 1, "no part of a mapping", "'workflow.yaml'"
    ),
    "unknown file among the e-mails": (
        write("emails/logo.png", b""), "emails/logo.png", 1, "no part of a mapping", "Remove it",
    ),
    "e-mail without a text": (
        write(A, b"headline: a\npreheader: b\n---\n\n"), A, 3, "the e-mail says nothing", "below the line",
    ),
    "people who are no list": (
        write(P, b"people: ana\n"), P, 1, "'people' is not a list", "'- ' line"
    ),
    "people without a list": (write(P, b"assign_author: true\n"), P, 1, "missing key 'people'", "Add it."),
    "a misspelt switch": (
        write(P, b"assign_autor: true\npeople: []\n"), P, 1, "unknown key 'assign_autor'", "'assign_author'?"
    ),
    "a login with an @": (
        write(P, b"people:\n- {github: '@ana', jira: x}\n"), P, 2, "no GitHub login", "without @"
    ),
    "a person without an account": (
        write(P, b"people:\n- {github: ana}\n"), P, 2, "missing key 'jira'", "Add it."
    ),
    "an account that is a number": (
        write(P, b"people:\n- {github: ana, jira: 7}\n"), P, 2, "is not a text", "in quotes"
    ),
    "one login twice": (
        write(P, b"people:\n- {github: ana, jira: x}\n- {github: Ana, jira: y}\n"), P, 3,
        "GitHub login 'Ana' is here twice, first in line 2", "one of the two",
    ),
}  # fmt: skip


@pytest.mark.parametrize("breakage", [pytest.param(breakage, id=name) for name, breakage in FILES.items()])
def test_faults_of_whole_files(directory: Path, breakage: tuple[Breakage, str, int, str, str]) -> None:
    spoil, file, line, message, remedy = breakage
    spoil(directory)
    (fault,) = faults_of(directory)
    assert (fault.file, fault.line) == (file, line)
    assert message in fault.message
    assert remedy in fault.remedy


def test_a_text_that_lost_its_moment(directory: Path) -> None:
    edit(directory, W, "  due_date: prazo\n", "")
    (fault,) = faults_of(directory)
    assert (fault.file, fault.line) == ("emails/prazo.txt", 1)
    assert "email: prazo" in fault.remedy


def test_a_comment_that_the_email_never_shows(directory: Path) -> None:
    path = directory / "emails/reprovado.txt"
    path.write_text("headline: Não\npreheader: Veja\n---\nO motivo é segredo.\n", encoding="utf-8")
    (fault,) = faults_of(directory)
    assert (fault.file, fault.line) == ("emails/reprovado.txt", 1)
    assert "{{ comment | quote }}" in fault.remedy


def test_an_open_tag_is_told_at_its_line(directory: Path) -> None:
    text = "headline: Oi\npreheader: Oi\n---\nUm.\n\n{% if version %}Dois.\n\nTrês.\n"
    (directory / A).write_text(text, encoding="utf-8")
    (fault,) = faults_of(directory)
    assert (fault.file, fault.line) == (A, 6)
    assert "not a valid template" in fault.message


def test_nothing_to_list_is_told(directory: Path) -> None:
    (directory / W).write_text("statuses: []\n", encoding="utf-8")
    (directory / F).write_text("fields: []\n", encoding="utf-8")
    found = {str(fault).split(". ")[0] for fault in faults_of(directory)}
    assert "workflow.yaml:1: no status is initial" in found
    assert "fields.yaml:1: no field becomes Jira's summary" in found


def test_five_faults_are_five_lines_by_file_and_line(directory: Path) -> None:
    edit(directory, W, "  approved:", "  aproved:")
    edit(directory, W, "leaves_to: [To Do]", "leaves_to: [ToDo]")
    edit(directory, F, "- name: fluxo", "- name: titulo")
    edit(directory, F, "partner: Parceiro", "partner: Fluxo")
    edit(directory, A, "ticket.title", "ticket.titel")
    with pytest.raises(MappingError) as caught:
        load(directory)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        f"{A}:{line_of(directory, A, 'ticket.titel')}",
        f"{F}:{line_of(directory, F, '- name: titulo', last=True)}",
        f"{F}:{line_of(directory, F, 'partner: Fluxo')}",
        f"{W}:{line_of(directory, W, '[ToDo]')}",
        f"{W}:{line_of(directory, W, '  aproved:')}",
    ]
    assert "unknown trigger 'aproved'. Did you mean 'approved'? Use one of: filed, answered," in lines[-1]


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert {fault.file for fault in faults_of(tmp_path / "nada")} == {W, F, L}


def test_a_copy_of_the_shipped_mapping_is_the_same(directory: Path) -> None:
    assert load(directory) == load()


def test_logins_are_known_in_any_letter_case(directory: Path) -> None:
    rows = ["people:", "- {github: Ana-Souza, jira: '712020:8f14'}", "- {github: 'dependabot[bot]', jira: b}"]
    (directory / P).write_text("\n".join(rows), encoding="utf-8")
    people = load(directory).people
    assert people.accounts == {"ana-souza": "712020:8f14", "dependabot[bot]": "b"}
    assert people.assign_author


def test_a_directory_without_people_knows_nobody(directory: Path) -> None:
    remove(P)(directory)
    assert load(directory) == load()


def test_hidden_files_and_readmes_are_let_be(directory: Path) -> None:
    for name in (".gitkeep", "README.md", "emails/.~lock.aprovado.txt"):
        (directory / name).write_text("x", encoding="utf-8")
    load(directory)


def test_a_status_renamed_everywhere_is_fine(directory: Path) -> None:
    path = directory / W
    path.write_text(path.read_text(encoding="utf-8").replace("Error Fix", "Em Correção"), encoding="utf-8")
    assert load(directory).workflow.rules[Trigger.STILL_FAILING].to == "Em Correção"


def test_through_opens_the_way(directory: Path) -> None:
    edit(directory, W, "from: [PR Review, PR Aprovado]", "from: [PR Aprovado]\n    through: [PR Review]")
    workflow = load(directory).workflow
    rule = workflow.rules[Trigger.BACK_TO_DRAFT]
    assert workflow.path(rule=rule, start="PR Aprovado") == ("PR Review", "Doing")


def test_versions_and_dates_stay_as_written(directory: Path) -> None:
    edit(directory, F, 'notice_version: "1"', "notice_version: 2026-11-30")
    assert load(directory).form.notice_version == "2026-11-30"
