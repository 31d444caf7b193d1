// A file over the limit is named before it is sent in vain.
(() => {
  "use strict";
  for (const input of document.querySelectorAll("input[type=file][data-limit]")) {
    const said = input.parentElement.querySelector("[data-too-large]");
    input.addEventListener("change", () => {
      const large = [...input.files].filter((file) => file.size > Number(input.dataset.limit));
      said.hidden = large.length === 0;
      said.textContent = large.map((file) => `“${file.name}” passa de ${input.dataset.largest}.`).join(" ");
    });
    input.form.addEventListener("submit", (event) => {
      if (said.hidden) return;
      event.preventDefault();
      input.focus();
    });
  }
})();
