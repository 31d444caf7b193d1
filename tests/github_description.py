"""Cuts GitHub's published description down to the requests that the bridge makes.

`python -m tests.github_description api.github.com.json 23.0.2 > tests/data/github-openapi.json`: a file of
the package @octokit/openapi and its version. What GitHub answers, examples and prose are left out.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]
REPO = "/repos/{owner}/{repo}"
USED: dict[str, tuple[str, ...]] = {
    "/app": ("get",),
    "/app/hook/config": ("get", "patch"),
    "/app/hook/deliveries": ("get",),
    "/app/hook/deliveries/{delivery_id}/attempts": ("post",),
    "/app/installations": ("get",),
    "/app/installations/{installation_id}": ("get",),
    "/app/installations/{installation_id}/access_tokens": ("post",),
    "/user": ("get",),
    REPO: ("get",),
    f"{REPO}/actions/runs": ("get",),
    f"{REPO}/actions/runs/{{run_id}}": ("get",),
    f"{REPO}/branches": ("get",),
    f"{REPO}/branches/{{branch}}": ("get",),
    f"{REPO}/check-runs": ("post",),
    f"{REPO}/check-runs/{{check_run_id}}": ("patch",),
    f"{REPO}/commits/{{ref}}": ("get",),
    f"{REPO}/compare/{{basehead}}": ("get",),
    f"{REPO}/deployments": ("get",),
    f"{REPO}/deployments/{{deployment_id}}": ("get",),
    f"{REPO}/deployments/{{deployment_id}}/statuses": ("get",),
    f"{REPO}/git/ref/{{ref}}": ("get",),
    f"{REPO}/hooks": ("get", "post"),
    f"{REPO}/hooks/{{hook_id}}": ("patch",),
    f"{REPO}/hooks/{{hook_id}}/deliveries": ("get",),
    f"{REPO}/hooks/{{hook_id}}/deliveries/{{delivery_id}}/attempts": ("post",),
    f"{REPO}/installation": ("get",),
    f"{REPO}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{REPO}/issues/comments/{{comment_id}}": ("patch",),
    f"{REPO}/pulls": ("get",),
    f"{REPO}/pulls/{{pull_number}}/commits": ("get",),
    f"{REPO}/releases": ("get",),
    f"{REPO}/releases/tags/{{tag}}": ("get",),
    f"{REPO}/statuses/{{sha}}": ("post",),
}
"""Path to methods."""
PROSE = {"description", "example", "examples", "summary", "externalDocs", "title"}


def extract(published: Json, version: str) -> Json:
    paths = {path: _item(published["paths"][path], methods) for path, methods in USED.items()}
    found: Json = {
        "openapi": published["openapi"],
        "info": {
            "title": "Of GitHub's REST API, the requests that the bridge makes",
            "version": published["info"]["version"],
            "description": f"Cut by tests/github_description.py from @octokit/openapi {version}.",
            "license": {
                "name": "MIT",
                "url": "https://github.com/octokit/openapi/blob/main/LICENSE",
            },
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {},
    }
    waiting = list(_references(paths))
    while waiting:
        _, kind, name = waiting.pop().split("/")[1:]
        kept = found["components"].setdefault(kind, {})
        if name not in kept:
            kept[name] = _plain(published["components"][kind][name])
            waiting += _references(kept[name])
    return found


def _item(item: Json, methods: tuple[str, ...]) -> Json:
    return {method: _operation(item[method]) for method in methods}


def _operation(operation: Json) -> Json:
    kept = {name: _plain(operation[name]) for name in ("parameters", "requestBody") if name in operation}
    return {**kept, "responses": {"default": {"description": "Not kept."}}}


def _plain(value: Any, *, names: bool = False) -> Any:
    """Without prose. `names`: the keys are a schema's properties; one may be called `description`."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _plain(one, names=key == "properties" and not names)
        for key, one in value.items()
        if names or key not in PROSE
    }


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key == "$ref":
                yield one
            else:
                yield from _references(one)


if __name__ == "__main__":
    published = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    print(json.dumps(extract(published, sys.argv[2]), indent=1, ensure_ascii=False))
