/* The editor: a suggestion puts its name into the field, Escape closes suggestions, an empty new row closes. */
(function () {
  "use strict";
  const fieldOf = (choices) => choices.parentElement.querySelector("[data-chooser]");
  function choose(button) {
    const choices = button.closest(".choices");
    const field = fieldOf(choices);
    const lines = field.value.split("\n");
    lines[lines.length - 1] = button.dataset.choice;
    field.value = lines.join("\n");
    choices.replaceChildren();
    field.focus();
    field.dispatchEvent(new Event("chosen", { bubbles: true }));
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".choice");
    if (button) { choose(button); return; }
    const close = event.target.closest("[data-close]");
    if (close) {
      event.preventDefault();
      const row = document.getElementById(close.dataset.close);
      row.replaceChildren();
      row.classList.remove("edit-open");
    }
  });
  document.addEventListener("focusin", (event) => {
    const here = event.target.closest(".choices") || (event.target.matches("[data-chooser]") && event.target.parentElement.querySelector(".choices"));
    document.querySelectorAll(".choices").forEach((choices) => { if (choices !== here) choices.replaceChildren(); });
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("[data-chooser]");
    const choices = event.target.closest(".choices") || (field && field.parentElement.querySelector(".choices"));
    if (!choices) return;
    const buttons = [...choices.querySelectorAll(".choice")];
    if (event.key === "Escape") { choices.replaceChildren(); fieldOf(choices).focus(); }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && buttons.length) {
      const at = buttons.indexOf(document.activeElement);
      const next = event.key === "ArrowDown" ? at + 1 : at - 1;
      if (next < -1 || (field && event.key === "ArrowUp")) return;
      event.preventDefault();
      (buttons[Math.min(next, buttons.length - 1)] || fieldOf(choices)).focus();
    }
  });
  // After settling: until then a row keeps the class it had before.
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const opened = event.target.closest(".edit-open");
    if (!opened || event.target.closest(".live, .choices")) return;
    const told = opened.querySelector(".error-summary, .notice-warning");
    const first = opened.querySelector("form.edit-form :is(input:not([type=hidden]), select, textarea)");
    if (told) told.setAttribute("tabindex", "-1");
    (told || first).focus();
  });
})();
