"""Jira, in our verbs."""

from bridge.clients.jira.client import Jira, NewIssue
from bridge.clients.jira.documents import Block, Facts, Fold, Heading, Numbered, Paragraph, plain

__all__ = ["Block", "Facts", "Fold", "Heading", "Jira", "NewIssue", "Numbered", "Paragraph", "plain"]
