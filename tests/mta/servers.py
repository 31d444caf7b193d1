"""Exim (STARTTLS, AUTH, local delivery, bounces) and Dovecot (IMAP over TLS), configured in a folder of their
own; nothing of the machine's own mail is touched.
"""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bridge.cli.waiting import free_port, until

EXIM, DOVECOT = "/usr/sbin/exim4", "/usr/sbin/dovecot"
MAIL_USER = "Debian-exim"
PASSWORD = "s3nha-de-teste"
REPLIES = "resposta.softhouse.example"
PEOPLE = ("ana", "bia", "chamados")
START_SECONDS = 20


def missing() -> str:
    """What these servers lack on this machine; empty when they can be run."""
    lacking = [path for path in (EXIM, DOVECOT) if not Path(path).exists()]
    if lacking:
        return f"no {' and no '.join(lacking)} (Debian: apt install exim4-daemon-light dovecot-imapd)"
    return "" if os.geteuid() == 0 else "they must be started by root"


@dataclass
class MailServers:
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="chamados-mta-")))
    smtp_port: int = field(default_factory=free_port)
    imap_port: int = field(default_factory=free_port)
    imaps_port: int = field(default_factory=free_port)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    @property
    def smtp_url(self) -> str:
        return f"smtp://chamados:{PASSWORD}@localhost:{self.smtp_port}?tls=starttls"

    def imap_url(self, user: str = "chamados") -> str:
        return f"imaps://{user}:{PASSWORD}@localhost:{self.imaps_port}/INBOX"

    def start(self) -> None:
        owner, group = pwd.getpwnam(MAIL_USER).pw_uid, grp.getgrnam(MAIL_USER).gr_gid
        self.folder.chmod(0o755)
        for name in ("spool", "log", "mail", *(f"mail/{one}" for one in PEOPLE)):
            path = self.folder / name
            path.mkdir()
            os.chown(path, owner, group)
        self._make_certificate(group)
        (self.folder / "boxes").write_text("".join(f"{one}: {one}\n" for one in PEOPLE))
        exim, dovecot = self.folder / "exim.conf", self.folder / "dovecot.conf"
        exim.write_text(EXIM_CONF.format(**self._values()))
        dovecot.write_text(DOVECOT_CONF.format(**self._values(), uid=owner, gid=group))
        self._run([EXIM, "-C", str(exim), "-bdf", "-oX", f"127.0.0.1:{self.smtp_port}"])
        self._run([DOVECOT, "-F", "-c", str(dovecot)])
        for port in (self.smtp_port, self.imaps_port):
            if not until(lambda port=port: _answers(port), seconds=START_SECONDS):  # type: ignore[misc]
                raise RuntimeError(f"port {port} does not answer:\n{self.said()}")

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
            process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def said(self) -> str:
        """The servers' logs, for whoever has to find out why a test fails."""
        logs = [*self.folder.glob("*.log"), *(self.folder / "log").iterdir()]
        return "\n".join(path.read_text("utf-8", "replace") for path in logs)

    def _run(self, command: list[str]) -> None:
        with (self.folder / f"{Path(command[0]).name}.start.log").open("wb") as log:
            self._processes.append(
                subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            )

    def _values(self) -> dict[str, object]:
        return {
            "folder": self.folder,
            "smtp_port": self.smtp_port,
            "imap_port": self.imap_port,
            "imaps_port": self.imaps_port,
            "password": PASSWORD,
            "replies": REPLIES,
        }

    def _make_certificate(self, group: int) -> None:
        key = self.folder / "key.pem"
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        files = ["-keyout", str(key), "-out", str(self.certificate)]
        subprocess.run(["openssl", "req", "-x509", *kind, *subject, *files], check=True, capture_output=True)
        os.chown(key, 0, group)
        key.chmod(0o640)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


EXIM_CONF = """\
# Deliveries need no privilege: every mailbox is the mail user's.
deliver_drop_privilege
keep_environment =
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/spool/exim.pid
primary_hostname = mx.softhouse.example
qualify_domain = softhouse.example
domainlist local_domains = {replies} : revenda.example : softhouse.example
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = check_recipient
acl_smtp_data = check_data
prdr_enable = false

begin acl

check_recipient:
  deny message = 5.7.0 Authentication required
    !authenticated = *
  deny message = 5.1.1 No such mailbox
    local_parts = ninguem
  defer message = 4.7.1 Greylisted, try later
    local_parts = lenta
  deny message = 5.7.1 Not for you
    !domains = +local_domains
  accept

check_data:
  deny message = 5.6.0 Refused content
    condition = ${{if match{{$h_subject:}}{{PROIBIDO}}}}
  accept

begin routers

gone:
  driver = redirect
  local_parts = sumiu
  allow_fail
  data = :fail: 550 5.1.1 This mailbox was closed

replies:
  driver = accept
  domains = {replies}
  transport = box_of_the_bridge

people:
  driver = accept
  domains = +local_domains
  local_parts = lsearch;{folder}/boxes
  transport = box

begin transports

box_of_the_bridge:
  driver = appendfile
  directory = {folder}/mail/chamados
  maildir_format
  envelope_to_add
  return_path_add
  delivery_date_add

box:
  driver = appendfile
  directory = {folder}/mail/$local_part_data
  maildir_format
  envelope_to_add
  return_path_add

begin retry
* * F,1h,1m

begin authenticators

plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{{password}}}}}
  server_set_id = $auth2
"""

DOVECOT_CONF = """\
base_dir = {folder}/dovecot
instance_name = chamados-test
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = yes
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mailbox_idle_check_interval = 1 secs
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
"""
