"""A broken mapping names file, line and remedy; all faults at once."""

import shutil
from pathlib import Path

import pytest

import mappings
from mappings import MappingError, load
from mappings.model import Trigger

SHIPPED = Path(mappings.__file__).parent
EDITS = {
    "unknown trigger": ("workflow.yaml", "  approved:\n", "  aproved:\n", "Did you mean 'approved'?"),
    "unknown e-mail": (
        "workflow.yaml",
        "email: aprovado\n",
        "email: aprovadoo\n",
        "Did you mean 'aprovado'?",
    ),
    "unknown category": (
        "workflow.yaml",
        "category: done",
        "category: finished",
        "Use one of: new, in progress, done",
    ),
    "one Jira field twice": ("fields.yaml", "jira: Ferramenta", "jira: summary", "first in line"),
    "undefined word in an e-mail": ("emails/prazo.txt", "{{ due_date }}", "{{ due_dat }}", "due_dat"),
    "unknown status": ("workflow.yaml", "leaves_to: [Doing]", "leaves_to: [Doin]", "Doin"),
    "unknown key": ("fields.yaml", "    hint:", "    hnt:", "hnt"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "mappings"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> int:
    """Change the first `old`; the line that it stands in."""
    file = folder / name
    text = file.read_text("utf-8")
    place = text.index(old)
    file.write_text(text[:place] + new + text[place + len(old) :], "utf-8")
    return text[:place].count("\n") + 1 + (len(old) - len(old.lstrip("\n")))


def test_what_we_ship_is_the_vendors_board() -> None:
    workflow = load().workflow
    assert {name: set(status.leaves_to) for name, status in workflow.statuses.items()} == {
        "Triagem": {"Backlog", "Reprovado", "Faltam Informações"},
        "Reprovado": set(),
        "Faltam Informações": {"Triagem"},
        "Backlog": {"To Do"},
        "To Do": {"Doing"},
        "Doing": {"PR Review"},
        "PR Review": {"Error Fix", "PR Aprovado", "Doing"},
        "Error Fix": {"Doing", "PR Review"},
        "PR Aprovado": {"Publicado em Homologação", "Error Fix", "PR Review"},
        "Publicado em Homologação": {"Testing", "Error Fix"},
        "Testing": {"Test Finished", "Error Fix"},
        "Test Finished": {"Publicado", "Error Fix"},
        "Publicado": {"Encerrado", "Error Fix"},
        "Encerrado": set(),
    }
    assert set(workflow.rules) == set(Trigger)
    for rule in workflow.rules.values():
        assert all(workflow.path(rule=rule, start=start) for start in rule.moves_from)


def test_the_form_asks_what_the_vendor_asks() -> None:
    form = load().form
    assert list(form.fields) == [
        "titulo",
        "email_cliente",
        "ferramenta",
        "integracao",
        "notificar",
        "fluxo",
        "descricao",
        "arquivos",
    ]
    assert len(form.fields["ferramenta"].options) == 10
    assert len({option.group for option in form.fields["integracao"].options}) == 4
    assert form.fields["integracao"].only_when == ("ferramenta", "Central de Integrações")


@pytest.mark.parametrize("fault", EDITS)
def test_a_fault_names_its_file_its_line_and_the_remedy(copy: Path, fault: str) -> None:
    name, old, new, remedy = EDITS[fault]
    line = edit(copy, name, old, new)
    with pytest.raises(MappingError) as raised:
        load(copy)
    said = str(raised.value).splitlines()
    assert any(one.startswith(f"{name}:{line}: ") and remedy in one for one in said), (line, said)


def test_five_faults_are_five_lines(copy: Path) -> None:
    chosen = ["unknown e-mail", "unknown category", "one Jira field twice", "undefined word in an e-mail"]
    lines = {(EDITS[one][0], edit(copy, *EDITS[one][:3])) for one in chosen}
    (copy / "emails" / "orfa.txt").write_text(
        (copy / "emails" / "prazo.txt").read_text("utf-8").replace("due_dat ", "due_date "), "utf-8"
    )
    with pytest.raises(MappingError) as raised:
        load(copy)
    faults = raised.value.faults
    assert {(fault.file, fault.line) for fault in faults} == lines | {("emails/orfa.txt", 1)}
    assert len(str(raised.value).splitlines()) == 5
    assert all(fault.remedy for fault in faults)
