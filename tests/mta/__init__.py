"""Debian's own Exim and Dovecot on loopback: what the bridge sends and reads, through others' servers."""
