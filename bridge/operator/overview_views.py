"""How the installation is doing, in numbers."""

from flask import render_template
from flask.typing import ResponseReturnValue

from bridge.operator.pages import pages, requires_operator
from bridge.portal.access import services
from bridge.store import sweeps
from bridge.store.counts import counts

STATES = {
    "waiting": "Esperam um trabalhador",
    "retrying": "Esperam um serviço voltar",
    "in_doubt": "Criação em dúvida no Jira",
    "parked": "Parados, esperam alguém",
}
MAILS = {
    "queued": "Na fila",
    "sending": "Saindo",
    "sent": "Enviados",
    "failed": "Falharam",
    "in_doubt": "Em dúvida",
}


@pages.get("")
@requires_operator
def overview() -> ResponseReturnValue:
    store = services().store
    return render_template(
        "operator/overview.html",
        counts=counts(store, now=services().clock()),
        swept=sweeps.all_swept(store),
        states=STATES,
        mails=MAILS,
    )
