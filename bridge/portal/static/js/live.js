// What is new comes by itself, every few seconds; what somebody is writing stays.
(() => {
  "use strict";
  const inUse = (place) =>
    place.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  const typed = (place) =>
    [...place.querySelectorAll("textarea, input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden) event.preventDefault();
  });

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const place = event.detail.target;
    if (!place.matches("[data-keep]") || !(inUse(place) || typed(place))) return;
    event.detail.shouldSwap = false;
    const fresh = event.detail.fragment.querySelector("[data-keep] form");
    const open = place.querySelector("form");
    // Said only when what is being written can no longer be sent.
    if (open && !(fresh && fresh.id === open.id)) document.getElementById("mudou").classList.remove("off");
  });

  // Links by name keep the focus when their part of the page is put in anew.
  // A session that has ended is said on the page, not by a line in the console.
  const ended = document.getElementById("terminou");
  document.addEventListener("htmx:responseError", (event) => {
    event.preventDefault();
    if (event.detail.xhr.status === 401) ended?.classList.remove("off");
  });
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.xhr.status < 400) ended?.classList.add("off");
  });
})();
