// Files from everywhere: chosen, dragged, pasted, photographed. Each goes up by itself; one that cannot says why.
(() => {
  "use strict";
  const field = document.querySelector("[data-files]");
  const form = field?.form || field?.closest("form");
  if (!field || !window.sendInPieces) return;
  const { files: endpoint, list: listAddress, limit, largest, most, endings } = field.dataset;
  const SIDE_BY_SIDE = 2;
  const kept = field.querySelector("[data-kept]");
  const drop = field.querySelector("[data-drop]");
  const going = document.createElement("ul");
  going.className = "files going";
  going.setAttribute("aria-label", "Arquivos a caminho");
  kept.after(going);
  const said = document.createElement("p");
  said.className = "unseen";
  said.setAttribute("role", "status");
  field.append(said);
  const waiting = [];
  let active = 0;

  const made = (tag, className, text = "") => {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  };
  const size = (bytes) => {
    const [number, unit] = bytes < 1024 ** 2 ? [bytes / 1024, "kB"] : [bytes / 1024 ** 2, "MB"];
    return `${number.toLocaleString("pt-BR", { maximumFractionDigits: 1 })} ${unit}`;
  };

  // --- one file on its way

  class Going {
    constructor(file, name) {
      this.file = file;
      this.name = name;
      this.item = made("li", "file going");
      this.bar = document.createElement("progress");
      this.bar.max = 1;
      this.bar.setAttribute("aria-label", `Enviando ${name}`);
      this.state = made("span", "quiet", "Na fila");
      this.retry = this.button("Tentar de novo", () => this.queue());
      this.remove = this.button("Cancelar", () => this.leave());
      const what = made("span", "file-what");
      what.append(made("span", "file-name", name), " ", made("span", "quiet", size(file.size)), this.bar, this.state);
      this.picture = made("span", "thumb", name.split(".").pop().toUpperCase());
      this.picture.setAttribute("aria-hidden", "true");
      const buttons = made("span", "file-buttons");
      buttons.append(this.retry, this.remove);
      this.item.append(this.picture, what, buttons);
      going.append(this.item);
      if (file.type.startsWith("image/")) this.draw();
    }

    button(text, deed) {
      const node = made("button", "plain small", text);
      node.type = "button";
      node.append(made("span", "unseen", ` ${this.name}`));
      node.addEventListener("click", deed);
      return node;
    }

    async draw() {
      try {
        const bitmap = await createImageBitmap(this.file);
        const canvas = made("canvas", "thumb");
        canvas.width = canvas.height = 112;
        const scale = Math.max(112 / bitmap.width, 112 / bitmap.height);
        const [width, height] = [bitmap.width * scale, bitmap.height * scale];
        canvas.getContext("2d").drawImage(bitmap, (112 - width) / 2, (112 - height) / 2, width, height);
        canvas.setAttribute("aria-hidden", "true");
        this.picture.replaceWith(canvas);
        this.picture = canvas;
      } catch {
        // What the browser cannot draw, the server will judge.
      }
    }

    queue() {
      if (!held) note.remove();
      this.item.classList.remove("bad");
      this.retry.hidden = true;
      this.bar.hidden = false;
      this.waits = true;
      this.state.textContent = "Na fila";
      waiting.push(this);
      next();
    }

    refuse(text, { again = false } = {}) {
      this.item.classList.add("bad");
      this.bar.hidden = true;
      this.retry.hidden = !again;
      this.remove.firstChild.textContent = "Remover";
      this.state.className = "fault";
      this.state.textContent = text;
      said.textContent = text;
    }

    async go() {
      this.stopping = new AbortController();
      this.state.className = "quiet";
      await sendInPieces(this.file, this.name, endpoint, {
        progress: (share) => {
          this.bar.value = share;
          this.state.textContent = share < 1 ? `${Math.floor(share * 100)} %` : "Conferindo o arquivo…";
        },
        waiting: (why) => {
          this.state.textContent =
            why === "sessao" ? "Continua quando você entrar de novo" : "Sem conexão: continua sozinho quando ela voltar";
        },
        refused: (text, later) => this.refuse(text, { again: later }),
        done: () => this.arrive(),
      }, this.stopping.signal);
      this.waits = false;
    }

    async arrive() {
      await refresh();
      this.item.remove();
      said.textContent = `${this.name} enviado.`;
    }

    leave() {
      if (!held) note.remove();
      this.waits = false;
      this.stopping?.abort();
      const place = waiting.indexOf(this);
      if (place >= 0) waiting.splice(place, 1);
      const neighbour = this.item.nextElementSibling || this.item.previousElementSibling;
      (neighbour?.querySelector("button:not([hidden])") || input).focus();
      this.item.remove();
      said.textContent = `${this.name} removido.`;
      finished();
    }
  }

  async function next() {
    if (active >= SIDE_BY_SIDE || !waiting.length) return;
    active += 1;
    const one = waiting.shift();
    next();
    try {
      await one.go();
    } finally {
      active -= 1;
      next();
      finished();
    }
  }

  // --- files that come in

  function take(files, named = (file) => file.name) {
    let room = Number(most) - kept.querySelectorAll("li").length - going.querySelectorAll("li:not(.bad)").length;
    for (const file of files) {
      const name = named(file);
      const one = new Going(file, name);
      one.retry.hidden = true;
      const ending = `.${name.split(".").pop().toLowerCase()}`;
      if (!endings.split(",").includes(ending)) one.refuse(`“${name}”: este tipo de arquivo não é aceito. ${field.dataset.accepted}`);
      else if (file.size > Number(limit)) one.refuse(`“${name}”: passa de ${largest}. Envie um link para ele.`);
      else if (file.size === 0) one.refuse(`“${name}”: está vazio.`);
      else if (room <= 0) one.refuse(`“${name}”: são no máximo ${most} arquivos.`);
      else {
        room -= 1;
        one.queue();
      }
    }
  }

  const input = drop.querySelector("input[type=file]:not([data-camera])");
  for (const source of drop.querySelectorAll("input[type=file]"))
    source.addEventListener("change", () => {
      take([...source.files]);
      source.value = ""; // it goes up here: the form must not send it again
    });

  const pasted = (file) => {
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
    const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("");
    return `print-${day}-${time}.${{ "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp" }[file.type] || "png"}`;
  };
  document.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    // A spreadsheet's cells come as text and as a picture: the text is meant.
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    take([...files], (file) => (file.name && !/^image\.\w+$/.test(file.name) ? file.name : pasted(file)));
    drop.scrollIntoView({ block: "nearest" });
  });

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  window.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    drop.classList.add("over");
  });
  window.addEventListener("dragleave", (event) => {
    if (hasFiles(event) && --depth <= 0) drop.classList.remove("over");
  });
  window.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    drop.classList.remove("over");
    take([...event.dataTransfer.files]);
  });

  // --- files that are there

  async function refresh() {
    const answer = await chamado.ask(listAddress, {});
    if (answer.ok) kept.innerHTML = await answer.text();
  }
  kept.addEventListener("click", async (event) => {
    const button = event.target.closest("button[value^=remover-]");
    if (!button) return;
    event.preventDefault();
    const name = button.closest("li").querySelector(".file-name").textContent;
    const place = [...kept.children].indexOf(button.closest("li"));
    const body = new FormData(form);
    for (const name of [...body.keys()]) if (body.get(name) instanceof File) body.delete(name);
    body.append("acao", button.value);
    try {
      await fetch(form.action, { method: "POST", body, redirect: "manual" });
      await refresh();
      said.textContent = `${name} removido.`;
      (kept.children[Math.min(place, kept.children.length - 1)]?.querySelector("button") || input).focus();
    } catch {
      said.textContent = `Sem conexão: ${name} continua aqui.`;
    }
  });

  // --- sending waits for what is still on its way, and says once what stays behind

  const LOSES_NOTHING = /^(salvar|remover)/;
  let held = null;
  let told = "";
  const unfinished = () => active + waiting.length;
  const note = made("p", "notice hold");
  note.setAttribute("role", "status");
  const hold = (event, text) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    (event.submitter?.closest(".actions") || form).before(note);
    note.textContent = text;
    note.scrollIntoView({ block: "nearest" });
  };
  const refused = () => {
    const names = [...going.querySelectorAll(".bad .file-name")].map((one) => one.textContent);
    if (!names.length) return "";
    return names.length === 1
      ? `Este arquivo não foi aceito e não vai no chamado: ${names[0]}. Aperte de novo para seguir sem ele.`
      : `Estes arquivos não foram aceitos e não vão no chamado: ${names.join(", ")}. Aperte de novo para seguir sem eles.`;
  };
  form.addEventListener("submit", (event) => {
    const left = LOSES_NOTHING.test(event.submitter?.value) ? "" : refused();
    if (left && left !== told) {
      told = left;
      held = null;
      hold(event, left);
    } else if (unfinished() && held !== event.submitter) {
      held = event.submitter;
      hold(event, "Terminando de enviar os arquivos; a página continua sozinha. Para não esperar, aperte de novo.");
    }
  }, true);
  function finished() {
    if (!held || unfinished()) return;
    const button = held;
    note.remove();
    held = null;
    form.requestSubmit(button);
  }
})();
