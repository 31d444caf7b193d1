"""What one Jira site calls things: fields, statuses and ourselves, asked once per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.clients.errors import Refused
from mappings.model import Mappings

Json = dict[str, Any]

BUILT_IN = {"summary", "description", "attachment"}
SERVICE_DESK = "service_desk"


@dataclass(frozen=True, kw_only=True)
class Site:
    """The names and ids that requests are made of."""

    cloud: bool
    fields: Mapping[str, str]
    """Our name of a field (form field, or `partner`, `reference`, `staging_url`, `version`) to Jira's id."""
    status_names: Mapping[str, str]
    """Status id to the name it has in workflow.yaml."""
    account: str
    """Our own accountId (Cloud) or user name (Data Center)."""
    service_desk: bool

    def status_name(self, status: Json) -> str:
        return self.status_names.get(str(status.get("id")), str(status.get("name", "")))

    def is_us(self, author: Json | None) -> bool:
        return (author or {}).get("accountId" if self.cloud else "name") == self.account


def read_site(
    *, server: Json, fields: list[Json], project: Json, statuses: list[Json], me: Json, mappings: Mappings
) -> Site:
    """Match the site's own names against the mappings.

    Raises:
        Refused: something that the mappings name is not on the site; every such name is in the sentence.
    """
    cloud = server.get("deploymentType", "Server") == "Cloud"
    ids, unknown = _field_ids(fields, mappings)
    names = _status_names(statuses, mappings)
    absent = [name for name in mappings.workflow.statuses if name not in names.values()]
    faults = [f"no field named {name!r}" for name in unknown] + [
        f"no status named {name!r}" for name in absent
    ]
    if faults:
        raise Refused("Jira", f"the site and the mappings disagree: {'; '.join(faults)}")
    return Site(
        cloud=cloud,
        fields=ids,
        status_names=names,
        account=str(me.get("accountId" if cloud else "name", "")),
        service_desk=project.get("projectTypeKey") == SERVICE_DESK,
    )


def _field_ids(fields: list[Json], mappings: Mappings) -> tuple[dict[str, str], list[str]]:
    by_name = {field["name"]: field["id"] for field in fields if field.get("custom")}
    known = {field["id"] for field in fields} | BUILT_IN
    wanted = {field.name: field.jira for field in mappings.form.fields.values()}
    own = mappings.form.own
    wanted |= {
        "partner": own.partner,
        "reference": own.reference,
        "staging_url": own.staging_url,
        "version": own.version,
    }
    ids = {name: jira if jira in known else by_name.get(jira, "") for name, jira in wanted.items()}
    return ids, [wanted[name] for name, found in ids.items() if not found]


def _status_names(issue_types: list[Json], mappings: Mappings) -> dict[str, str]:
    """Status ids to names, of our issue type where the project has it."""
    ours = [one for one in issue_types if one.get("name") == mappings.form.issue_type] or issue_types
    return {
        str(status["id"]): str(status.get("untranslatedName") or status["name"])
        for issue_type in ours
        for status in issue_type.get("statuses", [])
    }
