// Lists split by semicolons become chips. The text field below them stays what is sent, and what works without scripts.
(() => {
  "use strict";
  const plain = (parts) => parts.map((part) => part.trim().replace(/\s+/g, " ")).filter(Boolean);
  // Mail programs copy «Ana <ana@…>»; spreadsheets copy tabs, commas and line breaks.
  const address = (text) => {
    const angled = text.match(/<([^<>\s]+@[^<>\s]+)>/);
    if (angled) return [angled[1]];
    const words = text.split(/\s+/).filter(Boolean);
    return words.length > 1 && words.every((word) => word.includes("@")) ? words : [text];
  };
  const KINDS = {
    emails: {
      split: (text) => plain(plain(text.split(/[;,\t\r\n]/)).flatMap(address)),
      ends: /[;,\t\n]/,
      join: "; ",
      fault: (item) => (/^[^\s@,;<>]+@[^\s@.,;<>]+(\.[^\s@.,;<>]+)+$/.test(item) ? "" : `“${item}” não é um e-mail. Escreva-o como nome@empresa.com.br.`),
      once: true,
    },
    steps: {
      split: (text) => plain(text.split(/[;\t\r\n]/.test(text) ? /[;\t\r\n]/ : /,/)),
      ends: /[;\t\n]/,
      join: "; ",
      fault: () => "",
      once: false,
    },
    links: {
      split: (text) => plain(text.split(/[\s;]+/)),
      ends: /[\s;]/,
      join: "\n",
      fault: (item) => (/^https?:\/\/[^\s/]+/i.test(item) ? "" : `“${item}” não é um link. Comece por https:// ou http://.`),
      once: true,
    },
  };

  const made = (tag, className, text = "") => {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  };

  for (const area of document.querySelectorAll("textarea[data-chips]")) {
    const kind = KINDS[area.dataset.chips];
    const box = made("div", `chips chips-${area.dataset.chips}`);
    const list = made("ul", "chip-list");
    const entry = made("input", "chip-entry");
    const faults = made("div", "fault");
    const note = made("p", "quiet chip-note");
    let items = kind.split(area.value);
    let own = false;
    // What the server has said of it stands until something is changed.
    const told = area.closest(".field").querySelector(`#erro-${area.name}`);
    let silent = Boolean(told);

    list.setAttribute("aria-label", "Itens informados");
    faults.setAttribute("role", "status");
    note.setAttribute("role", "status");
    entry.type = area.dataset.chips === "links" ? "url" : "text";
    entry.inputMode = { emails: "email", links: "url" }[area.dataset.chips] || "text";
    entry.autocomplete = "off";
    entry.spellcheck = area.dataset.chips === "steps";
    entry.setAttribute("autocapitalize", area.dataset.chips === "steps" ? "sentences" : "none");
    for (const name of ["id", "aria-describedby", "aria-invalid"]) {
      if (area.hasAttribute(name)) entry.setAttribute(name, area.getAttribute(name));
      area.removeAttribute(name);
    }
    area.hidden = true;
    box.append(list, entry);
    area.before(box);
    box.after(faults, note);
    // A press beside the chips is meant for the field.
    box.addEventListener("click", (event) => event.target === box && entry.focus());

    const show = () => {
      list.replaceChildren(
        ...items.map((item, place) => {
          const chip = made("li", kind.fault(item) ? "chip bad" : "chip");
          const remove = made("button", "chip-remove", "×");
          remove.type = "button";
          remove.setAttribute("aria-label", `Remover ${item}`);
          remove.addEventListener("click", () => {
            items.splice(place, 1);
            tell();
            (list.querySelectorAll("button")[place] || entry).focus();
          });
          chip.append(made("span", "chip-text", item), remove);
          return chip;
        }),
      );
      list.hidden = items.length === 0;
      const wrong = items.map(kind.fault).filter(Boolean);
      faults.replaceChildren(...(silent ? [] : wrong).map((text) => made("p", "", text)));
      box.classList.toggle("bad", wrong.length > 0);
    };
    const tell = () => {
      silent = false;
      told?.remove();
      show();
      own = true;
      area.value = [...items, ...plain([entry.value])].join(kind.join);
      area.dispatchEvent(new Event("input", { bubbles: true }));
      own = false;
    };
    const add = (text) => {
      const repeated = [];
      for (const item of kind.split(text)) {
        const there = items.some((one) => one.toLowerCase() === item.toLowerCase());
        if (kind.once && there) repeated.push(item);
        else if (kind.once || items.at(-1) !== item) items.push(item);
      }
      note.textContent = repeated.map((item) => `“${item}” estava repetido; ficou uma vez só.`).join(" ");
    };
    const commit = () => {
      if (!entry.value.trim()) return;
      add(entry.value);
      entry.value = "";
      tell();
    };

    entry.addEventListener("input", (event) => {
      event.stopPropagation();
      const ends = entry.value.split(kind.ends);
      if (ends.length > 1) {
        const last = ends.at(-1);
        add(entry.value.slice(0, entry.value.length - last.length));
        entry.value = last.trimStart();
      }
      tell();
    });
    entry.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text/plain");
      if (kind.split(text).length < 2) return;
      event.preventDefault();
      const { selectionStart: from, selectionEnd: to, value } = entry;
      add(value.slice(0, from) + text + value.slice(to));
      entry.value = "";
      tell();
    });
    entry.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" && entry.value.trim()) {
        event.preventDefault();
        commit();
      }
      if (event.key === "Backspace" && !entry.value && items.length) {
        event.preventDefault();
        entry.value = items.pop();
        tell();
      }
    });
    entry.addEventListener("blur", commit);
    area.form.addEventListener("submit", commit, true);
    // Another script has put a text here (a copy kept on this device).
    area.addEventListener("input", () => {
      if (own) return;
      items = kind.split(area.value);
      entry.value = "";
      show();
    });
    show();
  }
})();
