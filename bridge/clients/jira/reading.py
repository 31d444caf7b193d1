"""Jira's JSON into the domain's facts."""

from datetime import date, datetime
from typing import Any

from bridge.clients.jira.adf import text_of
from bridge.clients.jira.site import Site
from bridge.domain import Attachment, DueDateChange, Issue, JiraComment, StatusChange

Json = dict[str, Any]


def issue(found: Json, histories: list[Json], comments: list[Json], site: Site) -> Issue:
    """An issue with its whole changelog and all its comments, oldest first."""
    fields = found["fields"]
    ordered = sorted(histories, key=_written)
    return Issue(
        key=found["key"],
        id=str(found["id"]),
        status=site.status_name(fields["status"]),
        assignee=_person(fields.get("assignee")) or None,
        assignee_account=_account(fields.get("assignee")),
        assigned_before=_assigned(ordered),
        due_date=_date(fields.get("duedate")),
        updated_at=moment(fields["updated"]) if fields.get("updated") else None,
        staging_url=fields.get(site.fields.get("staging_url", "")) or "",
        version=fields.get(site.fields.get("version", "")) or "",
        status_changes=tuple(
            _status_change(history, item, site)
            for history in ordered
            for item in history["items"]
            if item.get("field") == "status"
        ),
        due_date_changes=tuple(
            _due_date_change(history, item)
            for history in ordered
            for item in history["items"]
            if item.get("field") == "duedate"
        ),
        comments=said(fields, comments, site),
        transitions={site.status_name(one["to"]): str(one["id"]) for one in found.get("transitions", [])},
        attachments=tuple(
            Attachment(id=str(one["id"]), filename=one["filename"], size=int(one["size"]))
            for one in fields.get("attachment") or []
        ),
    )


def said(fields: Json, comments: list[Json], site: Site) -> tuple[JiraComment, ...]:
    """An issue's comments, oldest first; those of one with a security level are all for some people only."""
    # Jira leaves the field out only where the site has hidden it.
    restricted = fields.get("security") is not None
    return tuple(_comment(one, site, restricted=restricted) for one in sorted(comments, key=_written))


def _written(one: Json) -> tuple[datetime, int]:
    """Orders by time: each node of a Data Center has drawn a hundred ids ahead, so theirs are in no order."""
    return moment(one["created"]), int(one["id"])


def _assigned(histories: list[Json]) -> frozenset[str]:
    """Cloud's changelog names accounts; Data Center's names user keys, which for many are the user names."""
    changes = [item for one in histories for item in one["items"] if item.get("field") == "assignee"]
    return frozenset(str(item[side]) for item in changes for side in ("from", "to") if item.get(side))


def own_fields(site: Site) -> list[str]:
    """Ids of the fields of ours that an issue is read with; one that the site lacks is not asked for."""
    return [site.fields[name] for name in ("staging_url", "version") if name in site.fields]


def _status_change(history: Json, item: Json, site: Site) -> StatusChange:
    return StatusChange(
        id=str(history["id"]),
        at=moment(history["created"]),
        author=_person(history.get("author")),
        by_bridge=site.is_us(history.get("author")),
        from_status=site.status_names.get(str(item.get("from")), item.get("fromString") or ""),
        to_status=site.status_names.get(str(item.get("to")), item.get("toString") or ""),
    )


def _due_date_change(history: Json, item: Json) -> DueDateChange:
    return DueDateChange(
        id=str(history["id"]),
        at=moment(history["created"]),
        author=_person(history.get("author")),
        from_date=_date(item.get("from")),
        to_date=_date(item.get("to")),
    )


def _comment(found: Json, site: Site, *, restricted: bool) -> JiraComment:
    return JiraComment(
        id=str(found["id"]),
        at=moment(found["created"]),
        author=_person(found.get("author")),
        by_bridge=site.is_us(found.get("author")),
        text=text_of(found.get("body")),
        edited_at=moment(found.get("updated") or found["created"]),
        restricted=restricted or found.get("visibility") is not None,
        # Jira Software sends jsdPublic: true on every comment; it means something on service projects only.
        service_desk_public=found.get("jsdPublic") if site.service_desk else None,
    )


def _person(found: Json | None) -> str:
    return str((found or {}).get("displayName") or "")


def _account(found: Json | None) -> str:
    """Cloud's accounts have an id; Data Center's a key, which stays when the user is renamed."""
    shown = found or {}
    return str(shown.get("accountId") or shown.get("key") or shown.get("name") or "")


def moment(text: str) -> datetime:
    """Jira's `2026-11-24T10:11:12.123+0000`."""
    return datetime.fromisoformat(text)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
