"""What partners see: sign-in, the form, the panel, the API. `register` puts it into an application."""

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path

from flask import Flask, url_for

from bridge.portal import (
    access,
    account_views,
    action_views,
    api_views,
    continue_views,
    errors,
    file_views,
    following_views,
    form_page,
    form_views,
    limits,
    link_views,
    list_views,
    panel_views,
    proposal_views,
    protection,
    recipient_views,
    review_views,
    sign_in,
    similar_views,
    stopped_views,
    typing_views,
    upload_views,
    vendor_sign_in,
    words,
)
from bridge.portal.pages import api, pages
from bridge.services import Services

__all__ = ["register"]

# Each of these adds its routes to the blueprints when it is imported.
_VIEWS = (
    account_views,
    action_views,
    api_views,
    continue_views,
    file_views,
    following_views,
    form_views,
    link_views,
    list_views,
    panel_views,
    proposal_views,
    recipient_views,
    review_views,
    sign_in,
    similar_views,
    stopped_views,
    typing_views,
    upload_views,
    vendor_sign_in,
)
_STATIC = Path(__file__).with_name("static")


def register(app: Flask, services: Services) -> None:
    """Add the portal. The application has its secret key already."""
    app.extensions[access.EXTENSION] = services
    app.register_blueprint(pages)
    app.register_blueprint(api)
    limits.install(app)
    protection.install(app, https=services.config.public_url.startswith("https://"))
    errors.install(app)
    _speak(app)


def _speak(app: Flask) -> None:
    """What every template may use."""
    app.jinja_env.filters.update(
        moment=words.moment, day=words.day, size=words.size, ago=_ago, capitalized=words.capitalized
    )
    app.jinja_env.globals.update(
        visitor=access.visitor,
        static=_static_address,
        nonce=protection.nonce,
        badge=words.badge,
        is_operator=access.is_operator,
        phase=words.phase,
        phases=words.PHASES,
        is_long=form_page.is_long,
    )


def _ago(at: datetime) -> str:
    return words.ago(at, now=access.services().clock())


def _static_address(name: str) -> str:
    """A static file's address, with its content in it: it may be cached for ever."""
    return url_for("portal.static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]
