// The licence is looked up when its field is left. What cannot be checked never stops anybody.
(() => {
  "use strict";
  const said = document.querySelector("[data-licence]");
  const field = said && document.getElementById(said.dataset.of);
  if (!field || !window.chamado) return;
  const PATIENCE = 1400;
  const AWAY = { estado: "unchecked", texto: "Não foi possível verificar agora. Você pode enviar; a triagem confere." };
  let asked = "";

  const show = (state, text) => {
    said.dataset.state = state;
    said.textContent = text;
  };
  const look = async () => {
    const email = field.value.trim();
    if (email === asked) return;
    asked = email;
    if (!email.includes("@")) return show("", "");
    show("asking", "Verificando a licença…");
    let told = AWAY;
    try {
      const body = new URLSearchParams({ email });
      const answer = await chamado.ask(said.dataset.licence, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) });
      if (answer.ok) told = await answer.json();
    } catch {
      // No answer in time is an answer, too.
    }
    if (email === asked) show(told.estado, told.texto);
  };
  field.addEventListener("change", look);
  field.addEventListener("blur", look);
  field.addEventListener("input", () => {
    if (field.value.trim() !== asked) show("", "");
  });
  window.addEventListener("load", look);
})();
