"""Texts that would rather be something else: markup, document nodes, control characters, far too long."""

import random

PIECES = (
    "{code}", "{quote}", "{html}<script>alert(1)</script>{html}", "{noformat}", "{color:red}x{color}",
    "{{m}}", "[~admin]", "[a|http://x.example]", "[^file.txt]", "!a.png!", "!http://x.example/a.png|width=1!",
    "*b*", "_i_", "-d-", "+u+", "^s^", "~s~", "??c??", "----", "||h||", "|c|", "#", "*", "-", "*#", "h1. t",
    "bq. q", "\\", "\\\\", ":)", ";-)", "(x)", "(on)", "&amp;", "&#42;", "&lt;b&gt;", "mailto:a@b.example",
    "https://x.example/y?z=1&w=2", "CHAM-1", "a-b", "a_b", "2*3", "é²*x*", "10:30", "nome;", "<b>x</b>",
    "@admin", "{panel}", "{expand}", '{"type":"mention","attrs":{"id":"1"}}', "javascript:alert(1)",
    "/parceiro ",
)  # fmt: skip
SPACES = (" ", "\n", "\r\n", "\n\n", "\r", "\t", "\u2028", "")
ODD = (
    "\x00",
    "\x07",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\ud800",
    "\udfff",
    "\ufffe",
    "\u202e",
    "\u0301",
    "🙂",
    "👩🏽‍💻",
    "שלום",
    "ção",
)


def hostile_text(dice: random.Random) -> str:
    """One text: a handful of pieces as a rule, now and then 100 000 characters of them."""
    length = dice.choice((5, 5, 10, 40)) if dice.random() > 0.02 else 20_000
    parts = (dice.choice(PIECES if dice.random() < 0.6 else ODD) + dice.choice(SPACES) for _ in range(length))
    return "x" + "".join(parts)
