"""The portal's two blueprints: pages for people, and the API for programs. View modules add their routes."""

from flask import Blueprint

pages = Blueprint(
    "portal", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
)
api = Blueprint("api", __name__, url_prefix="/api")
