// One file to the server in pieces (tus 1.0): after a cut the server is asked how much it has, and the rest is sent.
(() => {
  "use strict";
  const PIECE = 4 * 1024 * 1024;
  const FIRST_PAUSE = 500;
  const LONGEST_PAUSE = 8000;
  const VERSION = { "Tus-Resumable": "1.0.0" };

  class Refused extends Error {}
  class Ended extends Error {}

  const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const rested = (pause, signal) =>
    new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        for (const name of ["online", "focus"]) window.removeEventListener(name, wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, pause);
      for (const name of ["online", "focus"]) window.addEventListener(name, wake);
      signal.addEventListener("abort", wake);
    });
  const reason = async (answer) => {
    try {
      return (await answer.json()).erro;
    } catch {
      return "";
    }
  };

  async function begin(file, name, endpoint) {
    const answer = await chamado.ask(endpoint, {
      method: "POST",
      headers: { ...VERSION, "Upload-Length": String(file.size), "Upload-Metadata": `filename ${base64(name)}` },
    });
    if (answer.status === 201) return answer.headers.get("Location");
    await judge(answer.status, () => reason(answer), chamado.isOver(answer));
  }

  async function offsetAt(address) {
    const answer = await chamado.ask(address, { method: "HEAD", headers: VERSION });
    if (answer.status === 404 || answer.status === 410) return null;
    if (!answer.ok) await judge(answer.status, () => "", chamado.isOver(answer));
    return Number(answer.headers.get("Upload-Offset"));
  }

  function send(file, address, offset, on, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("PATCH", address);
      const headers = { ...VERSION, ...chamado.headers(), "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => on.progress((offset + event.loaded) / file.size));
      request.addEventListener("error", () => reject(new Error("cut")));
      request.addEventListener("abort", () => reject(new Error("stopped")));
      request.addEventListener("load", () => {
        if (request.status === 204) return resolve(Number(request.getResponseHeader("Upload-Offset")));
        const told = async () => JSON.parse(request.responseText).erro;
        judge(request.status, told, request.status === 401).catch(reject);
      });
      signal.addEventListener("abort", () => request.abort(), { once: true });
      request.send(file.slice(offset, offset + PIECE));
    });
  }

  // What an answer that is no success means: no (with the reason), sign in first, or later.
  async function judge(status, told, over) {
    if (over) throw new Ended();
    if ([413, 415, 422, 503].includes(status)) {
      let text = "";
      try {
        text = await told();
      } catch {
        // A proxy in front has no sentence of ours.
      }
      if (text) throw new Refused(text, { cause: status });
      if (status === 413) throw new Refused("O servidor não aceitou o tamanho deste envio.");
    }
    throw new Error(`answered ${status}`);
  }

  // `on`: progress(share), waiting(why), refused(text, whether later it may work), done(). Ends when done, refused, or stopped by the signal.
  window.sendInPieces = async (file, name, endpoint, on, signal) => {
    let address = null;
    let offset = 0;
    let pause = FIRST_PAUSE;
    let sure = true;
    while (!signal.aborted) {
      try {
        if (address && !sure) {
          const there = await offsetAt(address);
          address = there === null ? null : address;
          offset = there ?? 0;
        }
        address ??= await begin(file, name, endpoint);
        if (offset < file.size || !sure) {
          sure = false;
          on.progress(offset / file.size);
          offset = await send(file, address, offset, on, signal);
          sure = true;
          pause = FIRST_PAUSE;
        }
        if (offset === file.size) return on.done();
      } catch (fault) {
        if (signal.aborted) break;
        if (fault instanceof Refused) return on.refused(fault.message, fault.cause === 503);
        on.waiting(fault instanceof Ended ? "sessao" : "rede");
        if (fault instanceof Ended) chamado.ended();
        await rested(pause, signal);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
    if (address) chamado.ask(address, { method: "DELETE", headers: VERSION }).catch(() => {});
  };
})();
