/* Search over the findings of the visit: a combobox whose options record an answer. The list itself comes from the server;
   Enter on a list that is older than the words typed waits for the right one. */
(function () {
  "use strict";
  const input = document.getElementById("finding-search");
  if (!input || !window.tinelWorkspace) return;
  const { jump, setValue } = window.tinelWorkspace;
  const said = document.getElementById("search-said");
  const box = () => document.getElementById("search-results");
  const options = () => [...box().querySelectorAll(".search-result")];
  const chosen = () => box().querySelector('[aria-selected="true"]');
  const typed = () => input.value.trim();
  const current = () => box().dataset.query === typed() && !box().hidden;
  let waiting = null;

  function close() {
    box().hidden = true;
    waiting = null;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function choose(option) {
    options().forEach((other) => other.setAttribute("aria-selected", other === option ? "true" : "false"));
    if (!option) return;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  function leave() {
    input.value = "";
    close();
  }
  function act(option, what) {
    if (!option) return;
    const { code, side, name } = option.dataset;
    const control = document.getElementById(`c-${code}-${side || "one"}`);
    leave();
    if (what === "go" || !("binary" in option.dataset) || !control) { jump(code, side); return; }
    setValue(control, what);
    document.getElementById(`row-${code}`).removeAttribute("data-waiting");
    said.textContent = `${name}${side ? ` (${side})` : ""}: ${what === "present" ? "yes" : "no"}`;
    input.focus();
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "search-results") return;
    box().hidden = typed() === "";
    input.setAttribute("aria-expanded", options().length && !box().hidden ? "true" : "false");
    choose(options()[0]);
    if (waiting && current()) { const what = waiting; waiting = null; act(chosen(), what); }
  });
  input.addEventListener("input", () => { waiting = null; if (typed() === "") close(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { leave(); return; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const list = options();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(list[(list.indexOf(chosen()) + step + list.length) % list.length]);
    } else if (event.key === "Enter" && typed()) {
      event.preventDefault();
      const what = event.ctrlKey || event.metaKey ? "go" : event.shiftKey ? "absent" : "present";
      if (current()) act(chosen(), what);
      else waiting = what;
    }
  });
  input.form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest(".search-result");
    if (option) { event.preventDefault(); act(option, "go"); }
    else if (!event.target.closest(".finding-search")) close();
  });
})();
