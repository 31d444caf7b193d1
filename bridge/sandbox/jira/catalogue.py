"""The vendor's Jira site as data: statuses, transitions, fields, people. Not shared with the bridge."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Category:
    id: int
    key: str
    name: str
    colour: str
    word: str  # as statuses/search says it


NEW = Category(2, "new", "To Do", "blue-gray", "TODO")
DOING = Category(4, "indeterminate", "In Progress", "yellow", "IN_PROGRESS")
DONE = Category(3, "done", "Done", "green", "DONE")


@dataclass(frozen=True)
class Status:
    id: str
    name: str
    category: Category
    description: str = ""


STATUSES = (
    Status("10201", "Triagem", NEW),
    Status("10202", "Reprovado", DONE),
    Status("10203", "Faltam Informações", NEW),
    Status("10204", "Backlog", NEW),
    Status("10205", "To Do", NEW),
    Status("10206", "Doing", DOING),
    Status("10207", "PR Review", DOING),
    Status("10208", "Error Fix", DOING),
    Status("10209", "PR Aprovado", DOING),
    Status("10210", "Publicado em Homologação", DOING),
    Status("10211", "Testing", DOING),
    Status("10212", "Test Finished", DOING),
    Status("10213", "Publicado", DOING),
    Status("10214", "Encerrado", DONE),
)
INITIAL = "Triagem"


ARROWS = (
    # a name, and the statuses that it leads from and to
    ("Aprovar chamado", "Triagem", "Backlog"),
    ("Reprovar chamado", "Triagem", "Reprovado"),
    ("Pedir informações", "Triagem", "Faltam Informações"),
    ("Responder à triagem", "Faltam Informações", "Triagem"),
    ("Planejar", "Backlog", "To Do"),
    ("Iniciar desenvolvimento", "To Do", "Doing"),
    ("Enviar para revisão", "Doing", "PR Review"),
    ("Pedir ajustes", "PR Review", "Error Fix"),
    ("Aprovar revisão", "PR Review", "PR Aprovado"),
    ("Voltar a rascunho", "PR Review", "Doing"),
    ("Retomar correção", "Error Fix", "Doing"),
    ("Reenviar para revisão", "Error Fix", "PR Review"),
    ("Publicar na homologação", "PR Aprovado", "Publicado em Homologação"),
    ("Apontar erro na aprovação", "PR Aprovado", "Error Fix"),
    ("Revisar de novo", "PR Aprovado", "PR Review"),
    ("Iniciar testes", "Publicado em Homologação", "Testing"),
    ("Apontar erro na homologação", "Publicado em Homologação", "Error Fix"),
    ("Concluir testes", "Testing", "Test Finished"),
    ("Apontar erro no teste", "Testing", "Error Fix"),
    ("Publicar em produção", "Test Finished", "Publicado"),
    ("Apontar erro após os testes", "Test Finished", "Error Fix"),
    ("Encerrar chamado", "Publicado", "Encerrado"),
    ("Ainda ocorre", "Publicado", "Error Fix"),
)


@dataclass(frozen=True)
class Option:
    id: str
    value: str
    disabled: bool = False


@dataclass(frozen=True)
class Field:
    """A field of the project's screens. `kind` decides what it accepts and how it is shown."""

    id: str
    name: str
    kind: str  # summary rich text url option labels priority user date project issuetype
    custom: str | None = None  # the custom field type's key, its prefix left out
    options: tuple[Option, ...] = field(default=())
    on_edit: bool = True
    description: str = ""
    searcher: str = ""

    def with_options(self, options: tuple[Option, ...]) -> "Field":
        return replace(self, options=options)


_TOOLS = (
    "API", "Sistema", "Mobi", "Print Integrator", "Central de Integrações", "Loja Online", "Offline",
    "Painel",
    "Ysaas", "SAT",
)  # fmt: skip
_INTEGRATIONS = (
    "Mercado Livre", "Loja Integrada", "Magento 1", "Magento 2", "WooCommerce", "Via Varejo (CNova)",
    "Nuvem Shop",
    "Magalu", "Moovin", "Neo", "B2W", "Oneeg", "Amazon", "Shopify", "Bis2Bis", "Shopee", "Banco do Brasil",
    "Paghiper", "JadLog", "DSLite",
)  # fmt: skip


def _options(first: int, values: tuple[str, ...]) -> tuple[Option, ...]:
    return tuple(Option(str(first + n), value) for n, value in enumerate(values))


FIELDS = (
    Field("summary", "Summary", "summary"),
    Field("description", "Description", "rich"),
    Field("issuetype", "Issue Type", "issuetype", on_edit=False),
    Field("project", "Project", "project", on_edit=False),
    Field("labels", "Labels", "labels"),
    Field("priority", "Priority", "priority"),
    Field("assignee", "Assignee", "user"),
    Field("reporter", "Reporter", "user"),
    Field("duedate", "Due date", "date"),
    Field("customfield_10101", "Ferramenta", "option", "select", _options(10301, _TOOLS)),
    Field("customfield_10102", "Integração", "option", "select", _options(10321, _INTEGRATIONS)),
    Field("customfield_10103", "E-mail do cliente", "text", "textfield"),
    Field("customfield_10104", "Fluxo", "rich", "textarea"),
    Field("customfield_10105", "Notificar também", "rich", "textarea"),
    Field("customfield_10106", "Parceiro", "text", "textfield"),
    Field("customfield_10107", "Referência", "text", "textfield"),
    Field("customfield_10108", "URL de homologação", "url", "url"),
    Field("customfield_10109", "Versão publicada", "text", "textfield"),
)

# Fields that exist but stand on no screen: they are read, never set.
READ_ONLY = (
    ("status", "Status"), ("created", "Created"), ("updated", "Updated"), ("creator", "Creator"),
    ("resolution", "Resolution"), ("resolutiondate", "Resolved"), ("comment", "Comment"),
    ("attachment", "Attachment"), ("issuelinks", "Linked Issues"), ("watches", "Watchers"),
    ("statuscategorychangedate", "Status Category Changed"),
)  # fmt: skip

PRIORITIES = {"1": "Highest", "2": "High", "3": "Medium", "4": "Low", "5": "Lowest"}
DEFAULT_PRIORITY = "3"
ISSUE_TYPE_ID, ISSUE_TYPE = "10011", "Chamado Técnico"
PROJECT_ID, PROJECT_NAME = "10001", "Chamados Técnicos"
FIRST_CONTEXT = 10401

# What a site has on its first day, before anybody made anything.
FIRST_STATUSES = (
    Status("10000", "To Do", NEW),
    Status("3", "In Progress", DOING),
    Status("10001", "Done", DONE),
)
FIRST_TYPES = {"10002": "Task", "10003": "Bug"}
FIRST_SCREEN = (
    "summary", "description", "labels", "priority", "assignee", "reporter", "duedate",
)  # fmt: skip

LINK_TYPES = {
    "10000": ("Blocks", "is blocked by", "blocks"),
    "10002": ("Duplicate", "is duplicated by", "duplicates"),
    "10003": ("Relates", "relates to", "relates to"),
}

PEOPLE = {
    "triagem@softhouse.example": "Tânia Triagem",
    "dev@softhouse.example": "Davi Desenvolvedor",
    "dev2@softhouse.example": "Diana Desenvolvedora",
    "tester@softhouse.example": "Tadeu Testes",
}
TRIAGER = "triagem@softhouse.example"

PERMISSIONS = (
    "ADMINISTER", "ADMINISTER_PROJECTS", "BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES",
    "TRANSITION_ISSUES",
    "ASSIGN_ISSUES", "ASSIGNABLE_USER", "DELETE_ISSUES", "LINK_ISSUES", "SCHEDULE_ISSUES", "ADD_COMMENTS",
    "EDIT_ALL_COMMENTS", "EDIT_OWN_COMMENTS", "DELETE_ALL_COMMENTS", "DELETE_OWN_COMMENTS",
    "CREATE_ATTACHMENTS",
    "DELETE_ALL_ATTACHMENTS", "DELETE_OWN_ATTACHMENTS", "MODIFY_REPORTER", "MANAGE_WATCHERS",
    "VIEW_VOTERS_AND_WATCHERS",
    "USER_PICKER", "CLOSE_ISSUES", "RESOLVE_ISSUES",
)  # fmt: skip

GLOBAL_PERMISSIONS = ("ADMINISTER", "USER_PICKER")

EVENTS = frozenset((
    "jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated",
    "comment_deleted", "attachment_created", "attachment_deleted", "issuelink_created", "issuelink_deleted",
    "issue_property_set", "issue_property_deleted", "worklog_created", "worklog_updated", "worklog_deleted",
    "jira:worklog_updated", "project_created", "project_updated", "project_deleted", "user_created",
    "user_updated",
    "user_deleted", "jira:version_created", "jira:version_updated", "jira:version_released", "sprint_created",
    "sprint_updated", "sprint_started", "sprint_closed",
))  # fmt: skip
BRIDGE_EVENTS = (
    "jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated",
    "comment_deleted", "attachment_created", "issuelink_created",
)  # fmt: skip
