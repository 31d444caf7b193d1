# ruff: noqa: E501
"""Sixty answers: who wrote what in which program. The expected result is the words, and nothing else."""

from tests.replies import shapes
from tests.replies.shapes import Answer, Shape

FORMAL = "Atenciosamente,\n\nAna Souza\nAnalista de Suporte\nRevenda Modelo\n(11) 4002-8922 | www.revenda.example.com.br"
SHORT = "Att,\nAna"
CARD = "Ana Souza | Suporte Técnico\nRevenda Modelo Sistemas Ltda\nTel.: (47) 3333-4444 - WhatsApp (47) 99999-8888"
LOGO = "Cordialmente,\n\n[cid:image001.png@01DC5D2A.7F3B2C10]\n\nBruno Lima\nCoordenador de Implantação\nbruno@revenda.example.com"
LEGAL = (
    "Atenciosamente,\nAna Souza\n\n"
    "AVISO LEGAL: Esta mensagem e seus anexos podem conter informações confidenciais e/ou privilegiadas. "
    "Se você não for o destinatário, apague-a e avise o remetente."
)
SCANNED = "Ana\n\nLivre de vírus. www.avast.com <https://www.avast.com/sig-email>"
STREET = "Abraços,\nCarla Nogueira\nRevenda Litoral\nRua das Palmeiras, 120 - Sala 4 - Florianópolis/SC\nFone: 48 3222-1111"
LONG = (
    "O erro acontece com o usuário admin@cliente.example e também com o usuário de vendas, sempre que a planilha "
    "passa de 500 linhas. Com 499 linhas salva normalmente.\n\nTestei no Chrome 142 e no Edge, em duas máquinas."
)
STEPS = (
    "Segue o passo a passo:\n\n1. Cadastros > Produtos > Importar\n2. escolho a planilha\n3. clico em Salvar\n\n"
    "A tela pisca e nada acontece."
)
LOG = (
    "No log aparece isto:\n\n2026-11-24 09:58:01 ERROR Importador - linha 501: valor nulo em PRECO_CUSTO\n"
    "2026-11-24 09:58:01 ERROR Importador - 0 de 512 linhas gravadas\n\nDe: 501\nPara: 512"
)
SAID = "Em 23/11 o cliente escreveu:\n\nnão consigo salvar, some tudo\n\nEm seguida ligou e confirmou."
MAILED = (
    "Veja o que o cliente mandou:\n\nDe: Marcos Tavares <marcos@cliente.example>\nEnviado: segunda-feira, 23 de "
    "novembro de 2026 17:40\nPara: Ana Souza\nAssunto: Erro na importação\n\nBoa tarde, deu erro de novo na linha "
    "501."
)
QUESTION = "Qual planilha vocês precisam? A original do cliente ou a que exportamos do sistema?"
THANKS = "Enviei a planilha pelo link https://drive.example/abc?id=1. Obrigada!"
ANGLE = "Resultado:\n> 500 linhas: não grava\n< 500 linhas: grava"
DASHES = (
    "Dois casos:\n\n--\n\nCaso 1: com 499 linhas salva, e a mensagem verde aparece no alto da tela.\n"
    + "\n".join(
        f"Caso {number}: com {number * 100} linhas não salva; a tela volta ao início sem nenhuma mensagem de erro."
        for number in range(2, 15)
    )
)
PS = "O usuário é o admin.\n\nAtt,\nAna\n\nPS: a partir das 18h o servidor do cliente fica desligado."
VERSION = "Versão 142.0.7444.60 (Official Build), usuário vendas01."

Row = tuple[Shape, Answer]
ROWS: tuple[Row, ...] = (
    # Gmail
    (shapes.gmail, Answer(words="É com o usuário admin@cliente.example.")),
    (shapes.gmail, Answer(words=LONG)),
    (shapes.gmail, Answer(words=LONG, signature="Ana Souza\nSuporte - Revenda Modelo\n(11) 4002-8922")),
    (shapes.gmail, Answer(words=STEPS)),
    (shapes.gmail, Answer(words=SAID)),
    (shapes.gmail, Answer(words=MAILED)),
    (shapes.gmail, Answer(words=VERSION, signature=FORMAL)),
    (shapes.gmail_app, Answer(words="Sim, acontece com todos os usuários")),
    (shapes.gmail_app, Answer(words=QUESTION, signature=SHORT)),
    (shapes.gmail_app, Answer(words=THANKS)),
    (shapes.gmail_below, Answer(words=VERSION)),
    (shapes.gmail_below, Answer(words=LOG, signature=CARD)),
    (shapes.gmail_between, Answer(words="Com o usuário vendas01, no Chrome 142.")),
    (shapes.gmail_english, Answer(words=STEPS, signature=SHORT)),
    (shapes.gmail_old, Answer(words=QUESTION)),
    # Outlook on the desktop
    (shapes.outlook, Answer(words=VERSION, signature=FORMAL)),
    (shapes.outlook, Answer(words=LONG, signature=LOGO, name="Bruno Lima")),
    (shapes.outlook, Answer(words=STEPS, signature=LEGAL)),
    (shapes.outlook, Answer(words=LOG, signature=STREET, name="Carla Nogueira")),
    (shapes.outlook, Answer(words=MAILED, signature=SHORT)),
    (shapes.outlook, Answer(words="Bom dia,\n\nO usuário é o vendas01.\n\nFico no aguardo.", signature=CARD)),
    (shapes.outlook_original, Answer(words=VERSION, signature=FORMAL)),
    (shapes.outlook_original, Answer(words=QUESTION)),
    (shapes.outlook_cc, Answer(words=LONG, signature=FORMAL)),
    (shapes.outlook_cc, Answer(words="Segue em anexo a planilha.", signature=SHORT)),
    (shapes.outlook_html, Answer(words=VERSION, signature=FORMAL)),
    (shapes.outlook_html, Answer(words="O usuário é o admin do cliente.")),
    (shapes.outlook_between, Answer(words="Respondi abaixo.\n\nR: usuário vendas01, Chrome 142.0.7444")),
    # Outlook on the web and on telephones
    (shapes.outlook_web, Answer(words=LONG)),
    (shapes.outlook_web, Answer(words=STEPS, signature=FORMAL)),
    (shapes.outlook_web, Answer(words=DASHES)),
    (shapes.outlook_web, Answer(words=PS)),
    (shapes.outlook_web, Answer(words=QUESTION, signature=SCANNED)),
    (shapes.outlook_web_html, Answer(words=VERSION)),
    (shapes.outlook_web_html, Answer(words=QUESTION, signature=SHORT)),
    (shapes.outlook_ios, Answer(words="Acontece no Chrome e no Edge")),
    (shapes.outlook_ios, Answer(words=LONG, signature=SHORT)),
    (shapes.outlook_android, Answer(words=VERSION)),
    (shapes.outlook_android, Answer(words="Boa tarde\n\nSegue a planilha\n\nObrigada")),
    (shapes.windows_mail, Answer(words=LOG)),
    # Apple
    (shapes.ios, Answer(words="É o usuário admin, já testei com outro e dá o mesmo erro")),
    (shapes.ios, Answer(words=LONG, signature=SHORT)),
    (shapes.ios, Answer(words=STEPS)),
    (shapes.ios_old, Answer(words=QUESTION)),
    (shapes.ios_old, Answer(words="Ok, vou pedir ao cliente e respondo ainda hoje.")),
    (shapes.mac, Answer(words=LONG, signature=FORMAL)),
    (shapes.mac, Answer(words=SAID)),
    # Thunderbird
    (shapes.thunderbird, Answer(words=VERSION, signature="Ana Souza\nRevenda Modelo")),
    (shapes.thunderbird, Answer(words=STEPS)),
    (shapes.thunderbird_below, Answer(words=LOG, signature="Ana Souza\nRevenda Modelo")),
    (shapes.thunderbird_below, Answer(words=QUESTION)),
    (shapes.thunderbird_between, Answer(words="Usuário vendas01, Firefox 145.\n\nPlanilha em anexo.")),
    # the rest
    (shapes.yahoo, Answer(words=QUESTION)),
    (shapes.roundcube, Answer(words=VERSION, signature=CARD)),
    (shapes.zimbra, Answer(words=STEPS, signature=FORMAL)),
    (shapes.samsung, Answer(words="Usuario admin, tela em branco depois de salvar")),
    (shapes.em_client, Answer(words=LOG, signature=SHORT)),
    (shapes.spark, Answer(words=QUESTION)),
    (shapes.proton, Answer(words=VERSION)),
    (shapes.bare, Answer(words=ANGLE)),
)
