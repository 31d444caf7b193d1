"""GitHub, in our verbs."""

from bridge.clients.github.client import GitHub
from bridge.clients.github.deliveries import FailedDelivery
from bridge.clients.github.publications import Deployment, RecentPublication
from bridge.clients.github.pulls import RecentPullRequest

__all__ = ["Deployment", "FailedDelivery", "GitHub", "RecentPublication", "RecentPullRequest"]
