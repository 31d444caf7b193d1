"""Workflows and their schemes; issues obey what is made here. Cloud only: Server's API has none."""

from typing import Any

from flask import Response, request

from bridge.sandbox.jira.call import Call, Route, administration, cloud_only, created, empty, paged
from bridge.sandbox.jira.configuration import Arrow, Project, Workflow, WorkflowScheme
from bridge.sandbox.jira.errors import Refusal, invalid, not_found
from bridge.sandbox.jira.model import Json
from bridge.sandbox.jira.routes_statuses import CATEGORIES, GLOBAL, shown

KEPT = ("actions", "conditions", "validators", "triggers", "properties", "transitionScreen", "description")


def read(call: Call) -> Json:
    """By name, by id, or what a project uses for a type. What is not found is left out."""
    body, made = call.body, call.site.made
    places = body.get("projectAndIssueTypes") or []
    used = [made.workflow_of(made.project(each["projectId"]), each["issueTypeId"]) for each in places]
    wanted = {
        *(body.get("workflowNames") or []),
        *(body.get("workflowIds") or []),
        *(each.id for each in used),
    }
    found = [each for each in made.workflows.values() if {each.id, each.name} & wanted]
    return _answer(call, found)


def _answer(call: Call, workflows: list[Workflow]) -> Json:
    ids = dict.fromkeys(status for each in workflows for status in each.statuses)
    statuses = [shown(call.site.statuses[each]) | {"statusReference": each} for each in ids]
    return {"statuses": statuses, "workflows": [_shown(each) for each in workflows]}


def _shown(workflow: Workflow) -> Json:
    first = {"id": "1", "name": "Create", "type": "INITIAL", "links": []}
    return {
        "id": workflow.id,
        "name": workflow.name,
        "description": workflow.description,
        "isEditable": workflow.name != "jira",
        "scope": GLOBAL,
        "statuses": [{"statusReference": each, "properties": {}} for each in workflow.statuses],
        "transitions": [
            workflow.given | first | {"toStatusReference": workflow.initial},
            *(_arrow_shown(each) for each in workflow.arrows),
        ],
        "version": {"id": f"{workflow.id}-{workflow.version}", "versionNumber": workflow.version},
    }


def _arrow_shown(arrow: Arrow) -> Json:
    kind = "DIRECTED" if arrow.source else "GLOBAL"
    links = [{"fromStatusReference": arrow.source, "fromPort": 0, "toPort": 1}] if arrow.source else []
    shown = {"id": arrow.id, "name": arrow.name, "type": kind, "links": links}
    return arrow.given | shown | {"toStatusReference": arrow.target}


def search(call: Call) -> Json:
    start, size = call.page()
    wanted = request.args.get("queryString", "").lower()
    found = [each for each in call.site.made.workflows.values() if wanted in each.name.lower()]
    return paged([_shown(each) for each in found], start, size) | {
        "statuses": _answer(call, found)["statuses"]
    }


def create(call: Call) -> Json:
    body, made = call.body, call.site.made
    if (body.get("scope") or {}).get("type") != "GLOBAL":
        raise invalid("Only global workflows are known here.")
    references = _references(call, body)
    names = {each.name for each in made.workflows.values()}
    workflows = []
    for each in body.get("workflows") or []:
        name = str(each.get("name") or "").strip()
        if not name or len(name) > 255 or name in names:
            raise invalid(f"The workflow name '{name}' is missing, too long or in use.")
        workflows.append(_read(Workflow(name=name, statuses=[], arrows=[], initial=""), each, references))
    made.workflows |= {each.id: each for each in workflows}
    return _answer(call, workflows)


def _references(call: Call, body: Json) -> dict[str, str]:
    """statusReference to status id. A status without an id would be made; here it must be there already."""
    found = {}
    for each in body.get("statuses") or []:
        status = call.site.statuses.get(str(each.get("id")))
        if status is None:
            raise invalid(f"The status '{each.get('name')}' was not found.")
        if status.category != CATEGORIES.get(each.get("statusCategory")) or status.name != each.get("name"):
            raise invalid(f"The status '{status.name}' differs from the one given.")
        found[str(each.get("statusReference"))] = status.id
    return found


def _read(workflow: Workflow, body: Json, references: dict[str, str]) -> Workflow:
    """The workflow with what the body says of its statuses and transitions; refused where it cannot work."""
    try:
        statuses = [references[each["statusReference"]] for each in body.get("statuses") or []]
        transitions = body.get("transitions") or []
        starts = [each for each in transitions if each.get("type") == "INITIAL"]
        arrows = [_arrow(each, references, set(statuses)) for each in transitions if each not in starts]
    except KeyError as error:
        raise invalid(f"The status reference {error} is not known.") from None
    if len(starts) != 1:
        raise invalid("A workflow has exactly one initial transition.")
    ids = [str(each.get("id")) for each in transitions]
    if len(set(ids)) != len(ids):
        raise invalid("Transition ids must be unique within the workflow.")
    pairs = [(each.name, each.source) for each in arrows]
    if len(set(pairs)) != len(pairs):
        raise invalid("Two transitions from one status have the same name.")
    workflow.statuses, workflow.arrows = statuses, arrows
    workflow.initial = references[starts[0]["toStatusReference"]]
    workflow.description = str(body.get("description") or "")
    workflow.given = {key: starts[0][key] for key in KEPT if key in starts[0]}
    return workflow


def _arrow(body: Json, references: dict[str, str], inside: set[str]) -> Arrow:
    links = body.get("links") or []
    if (body.get("type") == "DIRECTED") != bool(links) or len(links) > 1:
        raise invalid("A directed transition starts from one status here, a global one from none.")
    source = references[links[0]["fromStatusReference"]] if links else None
    target = references[body["toStatusReference"]]
    if target not in inside or (source and source not in inside):
        raise invalid("A transition leads out of the workflow.")
    given = {key: body[key] for key in KEPT if key in body}
    return Arrow(
        id=str(body["id"]), name=str(body.get("name") or ""), source=source, target=target, given=given
    )


def update(call: Call) -> Json:
    """The whole workflow anew; refused on an old version, or where issues would lose their status."""
    body, made = call.body, call.site.made
    references = _references(call, body)
    changed = []
    for each in body.get("workflows") or []:
        workflow = made.workflows.get(str(each.get("id")))
        if workflow is None or workflow.name == "jira":
            raise invalid("The workflow was not found or cannot be edited.")
        if (each.get("version") or {}).get("versionNumber") != workflow.version:
            raise Refusal(409, "The workflow was changed by somebody else meanwhile.")
        kept = {references.get(one["statusReference"]) for one in each.get("statuses") or []}
        if any(one.status not in kept for one in _issues_under(call, workflow)):
            raise invalid("Issues are in a status that the workflow would lose; map it.")
        _read(workflow, each, references)
        workflow.version += 1
        changed.append(workflow)
    return _answer(call, changed)


def _issues_under(call: Call, workflow: Workflow) -> list[Any]:
    made = call.site.made
    return [
        each for each in call.site.by_id.values() if made.workflow_of(*call.site.place_of(each)) is workflow
    ]


def users(call: Call, workflow_id: str) -> Json:
    made = call.site.made
    if workflow_id not in made.workflows:
        raise not_found("The workflow was not found.")
    found = [
        each.id
        for each in made.projects.values()
        if any(made.workflow_of(each, one.id).id == workflow_id for one in made.types_of(each))
    ]
    return {"workflowId": workflow_id, "projects": {"values": [{"id": each} for each in found]}}


# --- schemes


def schemes(call: Call) -> Json:
    start, size = call.page()
    return paged(
        [_scheme_shown(each) for each in call.site.made.workflow_schemes.values() if each.id], start, size
    )


def _scheme_shown(scheme: WorkflowScheme) -> Json:
    """By the description the default scheme has no id."""
    shown = {"name": scheme.name, "description": scheme.description, "defaultWorkflow": scheme.default}
    return ({"id": scheme.id} if scheme.id else {}) | shown | {"issueTypeMappings": scheme.by_type}


def scheme_of(call: Call) -> Json:
    made = call.site.made
    project = made.project(request.args.get("projectId", ""))
    scheme = made.workflow_schemes[project.workflow_scheme]
    return {"values": [{"projectIds": [project.id], "workflowScheme": _scheme_shown(scheme)}]}


def create_scheme(call: Call) -> Response:
    body, made = call.body, call.site.made
    name = str(body.get("name") or "").strip()
    by_type = {str(key): str(value) for key, value in (body.get("issueTypeMappings") or {}).items()}
    default = str(body.get("defaultWorkflow") or "jira")
    if not name or any(each.name == name for each in made.workflow_schemes.values()):
        raise invalid("The workflow scheme needs a name that no other has.")
    if any(made.workflow_named(each) is None for each in (default, *by_type.values())):
        raise invalid("A workflow of the scheme was not found.")
    if not by_type.keys() <= made.types.keys():
        raise invalid("An issue type of the scheme was not found.")
    found = WorkflowScheme(id=int(call.site.serial("scheme")), name=name, default=default, by_type=by_type)
    made.workflow_schemes[found.id] = found
    return created(_scheme_shown(found))


def delete_scheme(call: Call, scheme_id: int) -> Response:
    """By the description not while a project uses it."""
    made = call.site.made
    if scheme_id not in made.workflow_schemes or not scheme_id:
        raise not_found("The workflow scheme was not found.")
    if any(each.workflow_scheme == scheme_id for each in made.projects.values()):
        raise invalid("The workflow scheme is active.")
    del made.workflow_schemes[scheme_id]
    return empty()


def delete(call: Call, workflow_id: str) -> Response:
    """By the description only an inactive workflow that no scheme refers to."""
    made = call.site.made
    found = made.workflows.get(workflow_id)
    if found is None:
        raise not_found("The workflow was not found.")
    if any(found.name in (each.default, *each.by_type.values()) for each in made.workflow_schemes.values()):
        raise invalid("The workflow is used in a workflow scheme.")
    del made.workflows[workflow_id]
    return empty()


def assign(call: Call) -> Response:
    """By the description only when there are no issues in the project."""
    project, scheme = _target(call, call.body.get("projectId"), call.body.get("workflowSchemeId"))
    if call.site.issues_of(project):
        raise invalid("The project has issues; switch its workflow scheme instead.")
    project.workflow_scheme = scheme.id
    return empty()


def switch(call: Call) -> Response:
    """303 to a long task. Issues whose status the new workflow lacks need a mapping."""
    project, scheme = _target(call, call.body.get("projectId"), call.body.get("targetSchemeId"))
    mappings = {
        (each["issueTypeId"], one["oldStatusId"]): one["newStatusId"]
        for each in call.body.get("mappingsByIssueTypeOverride") or []
        for one in each.get("statusMappings") or []
    }
    made, moves = call.site.made, []
    for issue in call.site.issues_of(project):
        type_id = issue.values["issuetype"]
        after = made.workflow_named(scheme.by_type.get(type_id, scheme.default))
        wanted = mappings.get((type_id, issue.status), issue.status)
        if after is None or wanted not in after.statuses:
            raise invalid(f"The status of {issue.key} has no mapping to the new workflow.")
        moves.append((issue, wanted))
    for issue, wanted in moves:
        issue.status = wanted
    project.workflow_scheme = scheme.id
    number = call.site.serial("task")
    call.site.tasks[number] = 1
    return Response(status=303, headers={"Location": call.view.url(f"task/{number}")})


def _target(call: Call, project_id: Any, scheme_id: Any) -> tuple[Project, WorkflowScheme]:
    project = call.site.made.project(str(project_id))
    scheme = call.site.made.workflow_schemes.get(int(scheme_id)) if str(scheme_id).isdigit() else None
    if scheme is None:
        raise not_found("The workflow scheme was not found.")
    return project, scheme


_ADMINISTRATION: list[Route] = [
    ("POST", "workflows", read),
    ("GET", "workflows/search", search),
    ("POST", "workflows/create", create),
    ("POST", "workflows/update", update),
    ("GET", "workflow/<workflow_id>/projectUsages", users),
    ("DELETE", "workflow/<workflow_id>", delete),
    ("DELETE", "workflowscheme/<int:scheme_id>", delete_scheme),
    ("GET", "workflowscheme", schemes),
    ("POST", "workflowscheme", create_scheme),
    ("GET", "workflowscheme/project", scheme_of),
    ("PUT", "workflowscheme/project", assign),
    ("POST", "workflowscheme/project/switch", switch),
]
ROUTES: list[Route] = [
    (method, path, cloud_only(administration(handler))) for method, path, handler in _ADMINISTRATION
]
