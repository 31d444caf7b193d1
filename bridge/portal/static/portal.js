// Everything works without this file: it only spares a look, a wait or a lost click.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  // A question that belongs to one answer is shown with that answer only; what was chosen in it is kept.
  for (const field of document.querySelectorAll("[data-when]")) {
    const asked = document.getElementById(field.dataset.when);
    if (!asked) continue;
    const show = () => field.classList.toggle("off", asked.value !== field.dataset.equals);
    asked.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    show();
  }

  // A file over the limit is named before it is sent in vain.
  for (const input of document.querySelectorAll("input[type=file][data-limit]")) {
    const said = input.parentElement.querySelector("[data-too-large]");
    input.addEventListener("change", () => {
      const large = [...input.files].filter((file) => file.size > Number(input.dataset.limit));
      said.hidden = large.length === 0;
      said.textContent = large.map((file) => `“${file.name}” passa de 10 MB.`).join(" ");
    });
  }

  // One press is enough; the button says that it was heard.
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      const tooLarge = form.querySelector("[data-too-large]:not([hidden])");
      if (tooLarge) tooLarge.parentElement.querySelector("input[type=file]").focus();
      if (tooLarge || form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      const button = event.submitter;
      if (button && button.dataset.busy) {
        button.setAttribute("aria-disabled", "true");
        button.textContent = button.dataset.busy;
      }
    });
  }
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
  });
})();
