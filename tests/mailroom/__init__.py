"""A mailbox in memory, a ticket to write about, and e-mails as they come."""
