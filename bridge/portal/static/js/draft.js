// What is typed is kept as it is typed: by the server, and on this device for as long as the server does not have it.
(() => {
  "use strict";
  const form = document.querySelector("[data-form]");
  if (!form) return;
  const { draft, partner, keep, token, page, signIn } = form.dataset;
  const PAUSE = 700;
  const RETRY = 8000;
  const said = form.querySelector("[data-saved]");
  const trouble = document.createElement("div");
  trouble.className = "notice trouble";
  trouble.setAttribute("role", "status");
  trouble.hidden = true;
  form.prepend(trouble);

  const snapshot = () => {
    const typed = {};
    for (const [name, value] of new FormData(form))
      if (typeof value === "string" && name !== "csrf_token") typed[name] = value;
    return typed;
  };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  let version = form.dataset.version;
  let kept = snapshot();
  let timer = 0;
  let busy = false;
  let stopped = false;

  // --- what is said

  const warn = (text, ...controls) => {
    const words = document.createElement("p");
    words.textContent = text;
    trouble.replaceChildren(words, ...controls);
    trouble.hidden = false;
    said.textContent = "";
  };
  const calm = (text) => {
    trouble.hidden = true;
    said.textContent = text;
  };
  const button = (text, deed) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "plain small";
    made.textContent = text;
    made.addEventListener("click", deed);
    return made;
  };
  const ended = () => {
    const again = document.createElement("a");
    again.href = signIn;
    again.target = "_blank";
    again.className = "button plain small";
    again.textContent = "Entrar de novo (abre outra aba)";
    warn("Sua sessão terminou. Tudo continua nesta página e guardado neste aparelho.", again);
  };

  // --- asking the server, also for other scripts of this page

  const renew = async () => {
    const answer = await fetch(token);
    if (!answer.ok) return false;
    const fresh = (await answer.json()).token;
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = fresh;
    return true;
  };
  const headers = () => ({ "X-CSRFToken": form.elements.csrf_token.value });
  const ask = async (address, options, again = true) => {
    const answer = await fetch(address, {
      ...options,
      headers: { ...headers(), ...options.headers },
      redirect: "manual",
    });
    if (answer.status === 400 && again && (await renew())) return ask(address, options, false);
    if (answer.status === 401 || answer.type === "opaqueredirect") ended();
    return answer;
  };
  window.chamado = { ask, headers, ended, isOver: (answer) => answer.status === 401 || answer.type === "opaqueredirect" };

  // --- keeping

  const body = (typed, base) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(typed)) data.append(name, value);
    data.append("versao", base);
    return data;
  };
  const later = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };
  const copyHere = (typed) => copies.write(partner, draft, { answers: typed, version });

  async function save() {
    const typed = snapshot();
    if (busy || stopped || same(typed, kept)) return;
    busy = true;
    try {
      await taken(await ask(keep, { method: "POST", body: body(typed, version) }), typed);
    } catch {
      warn(copyHere(snapshot()) ? "Sem conexão. O que você digita fica guardado neste aparelho." : "Sem conexão.");
      later(RETRY);
    } finally {
      busy = false;
    }
  }

  async function taken(answer, typed) {
    if (answer.ok) {
      const told = await answer.json();
      version = told.versao;
      kept = typed;
      if (same(snapshot(), typed)) copies.drop(partner, draft);
      else later(PAUSE);
      calm(`Rascunho salvo às ${told.quando}.`);
      if (location.search.includes("novo=")) history.replaceState(history.state, "", page);
    } else if (answer.status === 409) {
      conflict((await answer.json()).versao);
    } else if (answer.status === 410) {
      location.assign((await answer.json()).enviado);
    } else if (!chamado.isOver(answer)) {
      warn("Não conseguimos salvar agora. O que você digita fica guardado neste aparelho.");
      later(RETRY);
    }
  }

  function conflict(other) {
    warn(
      "Este rascunho foi mudado em outra janela. O que está aqui fica guardado neste aparelho até você decidir.",
      button("Ficar com o que está aqui", () => {
        version = other;
        save();
      }),
      button("Abrir o da outra janela", () => {
        copies.drop(partner, draft);
        location.assign(page);
      }),
    );
  }

  const changed = () => {
    const typed = snapshot();
    if (same(typed, kept)) return;
    copyHere(typed);
    later(PAUSE);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  window.addEventListener("online", save);
  // Back from signing in on another tab, or from a rest.
  window.addEventListener("focus", save);
  document.addEventListener("visibilitychange", () => !document.hidden && save());
  window.addEventListener("pagehide", () => {
    const typed = snapshot();
    if (stopped || same(typed, kept)) return;
    fetch(keep, { method: "POST", body: body(typed, version), headers: headers(), keepalive: true }).catch(() => {});
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    stopped = false;
    kept = {};
    save();
  });

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (!navigator.onLine) {
      event.preventDefault();
      event.stopImmediatePropagation();
      copyHere(snapshot());
      warn("Sem conexão. Tudo continua nesta página e guardado neste aparelho; tente de novo quando ela voltar.");
      trouble.scrollIntoView({ block: "center" });
      return;
    }
    copyHere(snapshot());
    stopped = true;
    clearTimeout(timer);
  });

  // --- what this device kept when the server could not

  const put = (answers) => {
    for (const [name, value] of Object.entries(answers)) {
      const field = form.elements[name];
      if (!field || field.value === value) continue;
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };
  window.addEventListener("load", () => {
    const copy = copies.read(partner, draft);
    if (!copy) return;
    if (same(copy.answers, snapshot())) return copies.drop(partner, draft);
    if (copy.version === version) {
      put(copy.answers);
      warn("Recuperamos o que você digitou aqui e ainda não tinha sido salvo.");
      return;
    }
    warn(
      "Este aparelho guardou outra versão deste rascunho, que não chegou a ser salva.",
      button("Usar a deste aparelho", () => put(copy.answers)),
      button("Ficar com esta", () => {
        copies.drop(partner, draft);
        trouble.hidden = true;
      }),
    );
  });
})();
