// What is not on the server yet, on this device: one copy for each draft, for its partner's eyes only.
(() => {
  "use strict";
  const PREFIX = "rascunho";
  const DAYS = 30;
  const key = (partner, draft) => `${PREFIX}:${partner}:${draft}`;
  const parsed = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  };

  const copies = {
    read: (partner, draft) => parsed(localStorage.getItem(key(partner, draft))),
    drop: (partner, draft) => localStorage.removeItem(key(partner, draft)),
    // Without room on the device the server's draft must do.
    write: (partner, draft, copy) => {
      try {
        localStorage.setItem(key(partner, draft), JSON.stringify({ ...copy, at: Date.now() }));
        return true;
      } catch {
        return false;
      }
    },
    all: (partner) =>
      Object.keys(localStorage)
        .filter((name) => name.startsWith(key(partner, "")))
        .map((name) => ({ draft: name.slice(key(partner, "").length), ...parsed(localStorage.getItem(name)) })),
  };
  window.copies = copies;

  for (const name of Object.keys(localStorage).filter((one) => one.startsWith(`${PREFIX}:`))) {
    const copy = parsed(localStorage.getItem(name));
    if (!copy || Date.now() - copy.at > DAYS * 24 * 3600 * 1000) localStorage.removeItem(name);
  }

  // The server has it all: the copy has done its duty.
  const safe = document.querySelector("[data-safe]");
  if (safe) copies.drop(safe.dataset.partner, safe.dataset.safe);

  // What is discarded is not kept here either.
  const discarding = document.querySelector("[data-discards]");
  if (discarding)
    discarding.addEventListener("submit", () => copies.drop(discarding.dataset.partner, discarding.dataset.discards));

  // Copies of other drafts are offered, never mixed in.
  const place = document.querySelector("[data-copies]");
  if (!place) return;
  const { partner, formPage } = place.dataset;
  const open = document.querySelector("[data-form]")?.dataset.draft;
  for (const copy of copies.all(partner).filter((one) => one.draft !== open)) {
    const notice = document.createElement("div");
    notice.className = "notice kept-here";
    const said = document.createElement("p");
    const when = new Date(copy.at).toLocaleString("pt-BR", { dateStyle: "short", timeStyle: "short" });
    said.textContent = `Guardado só neste aparelho, em ${when}: “${copy.answers?.titulo?.trim() || "Sem título"}”.`;
    const resume = document.createElement("a");
    resume.href = `${formPage.replace("ID", copy.draft)}?novo=1`;
    resume.className = "button plain small";
    resume.textContent = "Continuar este";
    const forget = document.createElement("button");
    forget.type = "button";
    forget.className = "link";
    forget.textContent = "Descartar";
    forget.addEventListener("click", () => {
      copies.drop(partner, copy.draft);
      notice.remove();
    });
    notice.append(said, resume, forget);
    place.append(notice);
  }
})();
