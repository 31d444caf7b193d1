"""What one Jira site calls things: fields, statuses and ourselves, asked once per process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.clients.errors import Refused
from bridge.clients.jira.transport import Transport, segment
from bridge.provision.live import RECORD
from mappings.model import Mappings

Json = dict[str, Any]

BUILT_IN = {"summary", "description", "attachment"}
SERVICE_DESK = "service_desk"


@dataclass(frozen=True, kw_only=True)
class Site:
    """The names and ids that requests are made of. What the site lacks refuses only who needs it."""

    cloud: bool
    fields: Mapping[str, str]
    """Our name of a field (form field, or `partner`, `reference`, `staging_url`, `version`) to Jira's id."""
    wanted: Mapping[str, str]
    """The same to the name or id in fields.yaml, whether the site has it or not."""
    status_names: Mapping[str, str]
    """Status id to the name it has in workflow.yaml."""
    issue_types: Mapping[str, str]
    """Name to id; at most the one that fields.yaml names."""
    account: str
    """Our own accountId (Cloud) or user name (Data Center)."""
    service_desk: bool

    def field(self, name: str) -> str:
        """
        Raises:
            Refused: the site has no such field.
        """
        if name not in self.fields:
            raise Refused("Jira", f'field "{self.wanted[name]}" is not on the site')
        return self.fields[name]

    def issue_type(self, name: str) -> str:
        """
        Raises:
            Refused: the project does not offer it.
        """
        if name not in self.issue_types:
            raise Refused("Jira", f'the project does not offer the issue type "{name}"')
        return self.issue_types[name]

    def status_name(self, status: Json) -> str:
        return self.status_names.get(str(status.get("id")), str(status.get("name", "")))

    def is_us(self, author: Json | None) -> bool:
        return (author or {}).get("accountId" if self.cloud else "name") == self.account


def server_info(transport: Transport) -> Json:
    """
    Raises:
        Refused: what answers is not a Jira.
    """
    found = transport.call("GET", "serverInfo", version="2")
    if not isinstance(found, dict):
        raise Refused("Jira", "does not answer as Jira does: check CHAMADOS_JIRA_URL")
    return found


def ask_site(transport: Transport, project: str, mappings: Mappings) -> Site:
    """Match the site's own names against the mappings.

    What bears another name now is known by the id that `chamados jira apply` recorded on the project.
    """
    cloud = server_info(transport).get("deploymentType", "Server") == "Cloud"

    def get(path: str) -> Any:
        return transport.call("GET", path, version="3" if cloud else "2")

    fields, found = get("field"), get(f"project/{segment(project)}")
    record = _record(get, project)
    form, wanted = mappings.form, _wanted_fields(mappings)
    types = {str(one["name"]): str(one["id"]) for one in found.get("issueTypes") or []}
    recorded = record.get(f"type/{form.issue_type}")
    ours = types.get(form.issue_type) or (recorded if recorded in types.values() else None)
    statuses = get(f"project/{segment(project)}/statuses")
    return Site(
        cloud=cloud,
        fields=_field_ids(fields, wanted, record),
        wanted=wanted,
        status_names=_status_names(statuses, mappings, record, issue_type=ours),
        issue_types={form.issue_type: ours} if ours else {},
        account=str(get("myself").get("accountId" if cloud else "name", "")),
        service_desk=found.get("projectTypeKey") == SERVICE_DESK,
    )


def _record(get: Callable[[str], Any], project: str) -> dict[str, str]:
    """The ids that `chamados jira apply` wrote down on the project; empty where it never ran."""
    try:
        return dict(get(f"project/{segment(project)}/properties/{RECORD}")["value"].get("ids", {}))
    except Refused as error:
        if error.missing:
            return {}
        raise


def _wanted_fields(mappings: Mappings) -> dict[str, str]:
    own = mappings.form.own
    return {field.name: field.jira for field in mappings.form.fields.values()} | {
        "partner": own.partner,
        "reference": own.reference,
        "staging_url": own.staging_url,
        "version": own.version,
    }


def _field_ids(fields: list[Json], wanted: Mapping[str, str], record: Mapping[str, str]) -> dict[str, str]:
    by_name = {field["name"]: field["id"] for field in fields if field.get("custom")}
    known = {field["id"] for field in fields} | BUILT_IN
    ids = {}
    for name, jira in wanted.items():
        recorded = record.get(f"field/{jira}", "")
        found = jira if jira in known else recorded if recorded in known else by_name.get(jira)
        if found:
            ids[name] = found
    return ids


def _status_names(
    issue_types: list[Json], mappings: Mappings, record: Mapping[str, str], *, issue_type: str | None
) -> dict[str, str]:
    """Status ids to names, of our issue type where the project has it."""
    ours = [one for one in issue_types if str(one.get("id")) == issue_type] or issue_types
    names = {
        str(status["id"]): str(status.get("untranslatedName") or status["name"])
        for one in ours
        for status in one.get("statuses", [])
    }
    present = set(names.values())
    renamed = {
        record.get(f"status/{name}", ""): name for name in mappings.workflow.statuses if name not in present
    }
    return names | {status_id: name for status_id, name in renamed.items() if status_id in names}
