/* The encounter workspace: save state, retry, undo, parts, filters, movement of rows, keys. Server state is the truth;
   this file only moves focus, counts what is checked and repeats what did not arrive. Nothing is stored in the browser. */
(function () {
  "use strict";
  const form = document.getElementById("answers");
  if (!form) return;
  const saveState = document.getElementById("save-state");
  const undoButton = document.getElementById("undo");
  const NUMBERS = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
  const RETRY_MS = 4000;
  const SIGNED_OUT = 401;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  /* ---- answers ---- */
  const controls = () => form.querySelectorAll(".control");
  const checkedOf = (control) => control.querySelector("select, input[type=radio]:checked");
  const firstOf = (control) => control.querySelector("select, input[type=radio]");
  const valueOf = (control) => (checkedOf(control) || { value: "" }).value;
  const last = new Map();
  controls().forEach((control) => last.set(control.id, valueOf(control)));

  /* returns the input that now holds the value */
  function put(control, value) {
    const menu = control.querySelector("select");
    if (menu) { menu.value = value; return menu; }
    const radio = [...control.querySelectorAll("input[type=radio]")].find((input) => input.value === value);
    if (radio) radio.checked = true;
    return radio;
  }
  function setValue(control, value) {
    if (valueOf(control) === value) return checkedOf(control);
    const input = put(control, value);
    if (input) input.dispatchEvent(new Event("change", { bubbles: true }));
    return input;
  }

  let shown = "all";
  const history = [];
  let undoing = false;
  form.addEventListener("change", (event) => {
    const control = event.target.closest(".control");
    if (!control) return;
    if (!undoing && last.get(control.id) !== valueOf(control)) history.push({ id: control.id, value: last.get(control.id) || "" });
    last.set(control.id, valueOf(control));
    undoButton.disabled = history.length === 0;
    count();
    follow(control.closest(".finding").dataset.code);
  });

  function undo() {
    const step = history.pop();
    undoButton.disabled = history.length === 0;
    if (!step) return;
    const control = document.getElementById(step.id);
    undoing = true;
    const input = setValue(control, step.value);
    undoing = false;
    show(control.closest(".finding"));
    if (input) input.focus({ preventScroll: true });
  }
  undoButton.addEventListener("click", undo);

  function count() {
    form.querySelectorAll(".exam-section").forEach((section) => {
      let total = 0;
      section.querySelectorAll(".group").forEach((group) => {
        const answered = [...group.querySelectorAll(".finding")].filter((row) =>
          [...row.querySelectorAll(".control")].some(valueOf)).length;
        total += answered;
        group.querySelector(".group-count > span").textContent = answered;
      });
      document.querySelector(`[data-count="${section.dataset.section}"] > span`).textContent = total;
    });
    if (shown === "answered") filter();
  }

  /* a question that depends on another appears with it */
  function follow(code) {
    form.querySelectorAll(`[data-asked-if^="${code}="]`).forEach((row) => {
      const wanted = row.dataset.askedIf.slice(code.length + 1);
      const met = [...document.querySelectorAll(`#row-${code} .control`)].some((control) => valueOf(control) === wanted);
      const answered = [...row.querySelectorAll(".control")].some(valueOf);
      row.toggleAttribute("data-waiting", !met && !answered);
    });
  }

  /* ---- saving ---- */
  const unsaved = new Map();
  function say(state, text) {
    saveState.dataset.state = state;
    saveState.textContent = text;
  }
  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const controlOf = (config) => {
    const input = config && config.triggeringEvent && config.triggeringEvent.target;
    return input && input.closest ? input.closest("#answers .control") : null;
  };

  /* only the answered row travels, not the whole form */
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt !== form) return;
    const control = controlOf(event.detail);
    if (!control) { event.preventDefault(); return; }
    const wanted = new Set([...control.querySelectorAll("[name]")].map((input) => input.name).concat("open", "all"));
    Object.keys(event.detail.parameters).forEach((name) => { if (!wanted.has(name)) delete event.detail.parameters[name]; });
  });
  /* an answer that met the sign-in page keeps this page open; only a closed visit leads away */
  const leads = (xhr) => {
    const target = xhr && xhr.getResponseHeader("HX-Redirect");
    return Boolean(target) && new URL(target, location.href).pathname === location.pathname;
  };
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    const target = event.detail.xhr.getResponseHeader("HX-Redirect");
    if (!target || event.detail.elt !== form || leads(event.detail.xhr)) return;
    event.preventDefault();
    window.tinelSession.wait(target, sendAgain);
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === form) say("saving", "saving …");
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form) return;
    const control = controlOf(event.detail.requestConfig);
    if (!control) return;
    const xhr = event.detail.xhr;
    const status = xhr ? xhr.status : 0;
    if (leads(xhr)) {
      say("unsaved", "not saved"); // the visit is closed: the page leaves
    } else if (xhr && xhr.getResponseHeader("HX-Redirect")) {
      unsaved.set(control.id, SIGNED_OUT);
      control.setAttribute("data-unsaved", "");
      say("unsaved", "not saved: you are signed out");
    } else if (status >= 200 && status < 300) {
      unsaved.delete(control.id);
      control.removeAttribute("data-unsaved");
      if (unsaved.size) say("unsaved", `${unsaved.size} not saved – trying again`);
      else say("saved", `saved ${clock()}`);
    } else if (status === 409) {
      control.setAttribute("data-unsaved", "");
      say("unsaved", "not saved: see the two answers");
    } else {
      if (status === 403 && unsaved.get(control.id) !== 403) renewed(); // signed in again meanwhile: a new token
      unsaved.set(control.id, status);
      control.setAttribute("data-unsaved", "");
      say("unsaved", status === 0 || status >= 500 ? "not saved – trying again" : "not saved: reload the page");
    }
  });
  function sendAgain() {
    unsaved.forEach((status, id) => unsaved.set(id, 0));
    retry();
  }
  async function renewed() {
    if (await window.tinelSession.renew()) retryRefused();
  }
  function retryRefused() {
    unsaved.forEach((status, id) => { if (status === 403) send(document.getElementById(id)); });
  }
  const send = (control) => (checkedOf(control) || firstOf(control)).dispatchEvent(new Event("change", { bubbles: true }));
  function retry() {
    unsaved.forEach((status, id) => {
      if (status === 0 || status >= 500) send(document.getElementById(id));
    });
  }
  setInterval(retry, RETRY_MS);
  addEventListener("online", retry);
  addEventListener("beforeunload", (event) => { if (unsaved.size) event.preventDefault(); });

  /* ---- two people, one answer ---- */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keep]");
    if (!button) return;
    const { code, side, value, version, keep } = button.dataset;
    const control = document.getElementById(`c-${code}-${side || "one"}`);
    const held = document.getElementById(`v-${code}-${side || "one"}`);
    held.value = version;
    held.disabled = false;
    document.getElementById("conflict").hidden = true;
    const input = put(control, value);
    if (input) input.focus();
    last.set(control.id, valueOf(control));
    control.removeAttribute("data-unsaved");
    if (keep === "mine") send(control);
    else say("saved", "theirs kept");
    count();
  });

  /* ---- still so: the earlier answer, given once more today ---- */
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-still]");
    if (!button) return;
    event.preventDefault();
    const input = setValue(button.closest(".control"), button.value);
    if (input) input.focus({ preventScroll: true });
  });

  /* ---- parts of the visit ---- */
  const parts = [...form.querySelectorAll(".exam-section")];
  const links = [...document.querySelectorAll(".section-nav a")];
  let current = 0;
  function open(code, { remember = true } = {}) {
    const index = Math.max(0, parts.findIndex((part) => part.dataset.section === code));
    current = index;
    parts.forEach((part, i) => { part.hidden = i !== index; });
    links.forEach((link, i) => (i === index ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    links[index].scrollIntoView({ block: "nearest", inline: "nearest" });
    if (remember) window.history.replaceState(window.history.state, "", `#section-${parts[index].dataset.section}`);
    const next = document.getElementById("next-section");
    next.hidden = index === parts.length - 1;
    if (!next.hidden) next.textContent = `Next: ${links[index + 1].firstChild.textContent.trim()}`;
  }
  function show(row) {
    row.removeAttribute("data-waiting");
    row.hidden = false;
    open(row.closest(".exam-section").dataset.section);
    const group = row.closest(".group");
    group.hidden = false;
    group.open = true;
    row.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
  }
  function jump(code, side) {
    const row = document.getElementById(`row-${code}`);
    if (!row) return false;
    show(row);
    const control = document.getElementById(`c-${code}-${side || "one"}`) || row.querySelector(".control");
    (checkedOf(control) || firstOf(control)).focus({ preventScroll: true });
    return true;
  }
  links.forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    open(link.dataset.section);
    window.scrollTo({ top: 0 });
  }));
  document.getElementById("next-section").addEventListener("click", () => {
    open(parts[current + 1].dataset.section);
    window.scrollTo({ top: 0 });
    links[current].focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-jump]");
    if (link && jump(link.dataset.jump)) event.preventDefault();
  });
  if (location.hash.startsWith("#row-") && document.querySelector(location.hash)) jump(location.hash.slice(5));
  else open(location.hash.replace("#section-", ""), { remember: false });

  /* ---- which rows: all, those that tell the first five apart, the answered ones, those asked last time ---- */
  function wantedRow(row) {
    if (row.contains(document.activeElement)) return true; // focus is never hidden
    if (shown === "last") return [...row.querySelectorAll(".control")].some((control) => control.querySelector("[data-earlier]") && !valueOf(control));
    if (shown === "all" || [...row.querySelectorAll(".control")].some(valueOf)) return true;
    return shown === "relevant" && relevant().has(row.dataset.code);
  }
  const relevant = () => new Set((document.getElementById("panel-state").dataset.relevant || "").split(" "));
  function filter() {
    parts.forEach((part) => {
      part.querySelectorAll(".finding").forEach((row) => { row.hidden = !wantedRow(row); });
      part.querySelectorAll(".group").forEach((group) => {
        const any = Boolean(group.querySelector(".finding:not([hidden])"));
        group.hidden = !any;
        if (shown !== "all" && any) group.open = true;
      });
      part.querySelector(".section-empty").hidden = Boolean(part.querySelector(".finding:not([hidden])"));
    });
  }
  const filters = [...document.querySelectorAll("[data-filter]")];
  filters.forEach((button) => button.addEventListener("click", () => {
    shown = button.dataset.filter;
    form.classList.toggle("only-answered", shown === "answered");
    filters.forEach((other) => other.setAttribute("aria-pressed", other === button ? "true" : "false"));
    filter();
  }));
  document.getElementById("open-groups").addEventListener("click", (event) => {
    const groups = [...parts[current].querySelectorAll(".group")];
    const open = groups.some((group) => !group.open);
    groups.forEach((group) => { group.open = open; });
    event.target.textContent = open ? "Close all groups" : "Open all groups";
  });

  /* ---- the list moves only where something moved ---- */
  let before = new Map();
  const rows = () => document.querySelectorAll("#differential [data-condition]");
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "differential") return;
    before = new Map([...rows()].map((row) => [row.dataset.condition, { rank: Number(row.dataset.rank), top: row.getBoundingClientRect().top }]));
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "differential" || before.size === 0) return;
    rows().forEach((row) => {
      const old = before.get(row.dataset.condition);
      if (!old) return;
      const steps = old.rank - Number(row.dataset.rank);
      if (steps === 0) return;
      const many = NUMBERS[Math.abs(steps)] || Math.abs(steps);
      row.querySelector("[data-moved]").textContent = steps > 0 ? `▲ up ${many}` : `▼ down ${many}`;
      const shift = old.top - row.getBoundingClientRect().top;
      if (!calm.matches && shift) {
        row.animate([{ transform: `translateY(${shift}px)` }, { transform: "none" }], { duration: 320, easing: "cubic-bezier(.2,.7,.2,1)" });
      }
    });
    before = new Map();
  });

  /* what sticks below the identity bar needs its height, which changes with the width of the page */
  const identity = document.getElementById("identity");
  new ResizeObserver(() => document.documentElement.style.setProperty("--identity", `${identity.offsetHeight}px`)).observe(identity);

  /* ---- keys ---- */
  const keys = document.getElementById("keys");
  const writing = (element) => element.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
  document.getElementById("show-keys").addEventListener("click", () => keys.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open || writing(event.target)) return;
    if (event.key === "/") { event.preventDefault(); document.getElementById("finding-search").focus(); }
    else if (event.key === "?") { event.preventDefault(); keys.showModal(); }
    else if (event.key === "u") { event.preventDefault(); undo(); }
  });

  window.tinelWorkspace = { jump, setValue, valueOf };
})();
