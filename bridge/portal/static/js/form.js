// A question that belongs to one answer is shown with that answer only; what was chosen in it is kept.
(() => {
  "use strict";
  for (const field of document.querySelectorAll("[data-when]")) {
    const asked = document.getElementById(field.dataset.when);
    if (!asked) continue;
    const show = () => field.classList.toggle("off", asked.value !== field.dataset.equals);
    asked.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    show();
  }
})();
