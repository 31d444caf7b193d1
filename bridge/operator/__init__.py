"""The operator's console. `register` puts it into an application that has the portal."""

from flask import Flask

from bridge.operator import delivery_views, mail_views, overview_views, partner_views, ticket_views
from bridge.operator.pages import pages

__all__ = ["register"]

# Each of these adds its routes to the blueprint when it is imported.
_VIEWS = (delivery_views, mail_views, overview_views, partner_views, ticket_views)


def register(app: Flask) -> None:
    app.register_blueprint(pages)
