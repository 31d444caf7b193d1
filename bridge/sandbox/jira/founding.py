"""Two sites to begin with: a fresh one, and the vendor's own with everything in place."""

from bridge.sandbox.jira import catalogue
from bridge.sandbox.jira.configuration import (
    Arrow,
    Configuration,
    Context,
    Grant,
    IssueType,
    PermissionScheme,
    Project,
    Screen,
    ScreenScheme,
    Tab,
    TypeScheme,
    TypeScreenScheme,
    Workflow,
    WorkflowScheme,
)
from bridge.sandbox.jira.model import User

OURS = 10100  # the ids of the vendor's own schemes


def fresh() -> Configuration:
    """A site on its first day: Jira's own workflow, screens, types and schemes, and no project."""
    statuses = {each.id: each for each in catalogue.FIRST_STATUSES}
    fields = [each for each in catalogue.FIELDS if not each.custom]
    arrows = [
        Arrow(id=str(11 + 10 * n), name=each.name, source=None, target=each.id)
        for n, each in enumerate(catalogue.FIRST_STATUSES)
    ]
    jira = Workflow(name="jira", statuses=list(statuses), arrows=arrows, initial="10000")
    return Configuration(
        fields={each.id: each for each in fields},
        statuses=statuses,
        types={key: IssueType(id=key, name=name) for key, name in catalogue.FIRST_TYPES.items()},
        workflows={jira.id: jira},
        workflow_schemes={0: WorkflowScheme(id=0, name="Default Workflow Scheme", default="jira")},
        type_schemes={"10000": _type_scheme("10000", "Default Issue Type Scheme")},
        screens={1: Screen(id=1, name="Default Screen", tabs=[_tab(10000, catalogue.FIRST_SCREEN)])},
        screen_schemes={1: ScreenScheme(id=1, name="Default Screen Scheme", screens={"default": 1})},
        type_screens={
            "1": TypeScreenScheme(id="1", name="Default Issue Type Screen Scheme", mappings={"default": 1})
        },
        permission_schemes={0: _permissions(0, "Default Permission Scheme")},
    )


def _type_scheme(key: str, name: str) -> TypeScheme:
    return TypeScheme(id=key, name=name, types=list(catalogue.FIRST_TYPES))


def _tab(key: int, fields: tuple[str, ...]) -> Tab:
    return Tab(id=key, name="Field Tab", fields=list(fields))


def _permissions(key: int, name: str) -> PermissionScheme:
    """Whoever may use Jira may do everything but administer, as on a new Cloud site."""
    names = [each for each in catalogue.PERMISSIONS if each not in catalogue.GLOBAL_PERMISSIONS]
    grants = [
        Grant(
            id=10000 + n,
            permission=each,
            kind="projectRole" if each == "ADMINISTER_PROJECTS" else "applicationRole",
            parameter="10002" if each == "ADMINISTER_PROJECTS" else "",
        )
        for n, each in enumerate(names)
    ]
    return PermissionScheme(id=key, name=name, grants=grants)


def ready(key: str, lead: User) -> Configuration:
    """The vendor's site, made by hand long ago: nothing of it is named as a program would."""
    site = fresh()
    site.statuses |= {each.id: each for each in catalogue.STATUSES}
    # The vendor's own column stands in for Jira's, so that no two statuses have one name.
    _replace_status(site, old="10000", new="10205")
    site.types[catalogue.ISSUE_TYPE_ID] = IssueType(
        id=catalogue.ISSUE_TYPE_ID, name=catalogue.ISSUE_TYPE, description="Chamado aberto por um parceiro."
    )
    board = _board()
    site.workflows[board.id] = board
    site.workflow_schemes[OURS] = WorkflowScheme(id=OURS, name="Chamados", default=board.name)
    site.type_schemes[str(OURS)] = TypeScheme(id=str(OURS), name="Chamados", types=[catalogue.ISSUE_TYPE_ID])
    _put_fields(site)
    site.projects[catalogue.PROJECT_ID] = Project(
        id=catalogue.PROJECT_ID,
        key=key,
        name=catalogue.PROJECT_NAME,
        lead=lead,
        type_scheme=str(OURS),
        workflow_scheme=OURS,
        screens=str(OURS),
    )
    return site


def _replace_status(site: Configuration, *, old: str, new: str) -> None:
    del site.statuses[old]
    [jira] = site.workflows.values()
    jira.statuses = [new if each == old else each for each in jira.statuses]
    jira.arrows = [
        Arrow(id=each.id, name=each.name, source=None, target=new if each.target == old else each.target)
        for each in jira.arrows
    ]
    jira.initial = new


def _board() -> Workflow:
    ids = {each.name: each.id for each in catalogue.STATUSES}
    arrows = [
        Arrow(id=str(11 + 10 * n), name=name, source=ids[source], target=ids[target])
        for n, (name, source, target) in enumerate(catalogue.ARROWS)
    ]
    return Workflow(
        name="Quadro de chamados", statuses=list(ids.values()), arrows=arrows, initial=ids[catalogue.INITIAL]
    )


def _put_fields(site: Configuration) -> None:
    for n, each in enumerate(each for each in catalogue.FIELDS if each.custom):
        name = f"Default Configuration Scheme for {each.name}"
        site.fields[each.id] = each
        site.contexts[each.id] = [
            Context(id=str(catalogue.FIRST_CONTEXT + n), name=name, options=list(each.options))
        ]
    shown = tuple(each.id for each in catalogue.FIELDS if each.on_edit)
    site.screens[OURS] = Screen(id=OURS, name="Chamados", tabs=[_tab(OURS, shown)])
    site.screen_schemes[OURS] = ScreenScheme(id=OURS, name="Chamados", screens={"default": OURS})
    site.type_screens[str(OURS)] = TypeScreenScheme(id=str(OURS), name="Chamados", mappings={"default": OURS})
