// Everything works without scripts: they only spare a look, a wait or a lost click.
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  const summary = document.querySelector("[data-focus]");
  if (summary) {
    summary.focus();
    // A page with errors answers a form that was sent: going back to it would ask to send that again.
    history.replaceState(history.state, "", location.href);
  }

  // One press is enough; the button says that it was heard.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button && button.dataset.busy) {
      button.setAttribute("aria-disabled", "true");
      button.dataset.rest = button.textContent;
      button.textContent = button.dataset.busy;
    }
  });

  // A page that the back button brings back may be sent again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.forms) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[data-rest]")) {
      button.removeAttribute("aria-disabled");
      button.textContent = button.dataset.rest;
    }
  });
})();
