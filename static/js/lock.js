/* Blanks a page that nobody touched for fifteen minutes, and tells the server, which locks the session.
   Touching without sending anything is told once a minute, so that reading does not lock. */
(function () {
  "use strict";
  const { seconds, lock, state, alive } = document.currentScript.dataset;
  const limit = Number(seconds) * 1000;
  const TELL_MS = 60_000;
  let touched = Date.now();
  let told = touched;
  let asking = false;
  const headers = () => JSON.parse(document.body.getAttribute("hx-headers"));

  function touch() {
    if (Date.now() - touched < limit) touched = Date.now();
  }
  ["pointerdown", "pointermove", "keydown", "wheel", "input"].forEach((name) => {
    addEventListener(name, touch, { passive: true, capture: true });
  });

  function leave() {
    const form = document.createElement("form");
    form.method = "post";
    form.action = lock;
    const fields = { csrfmiddlewaretoken: headers()["X-CSRFToken"], next: location.pathname + location.search };
    Object.entries(fields).forEach(([name, value]) => {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = value;
      form.append(input);
    });
    document.body.append(form);
    form.submit();
  }

  /* Another tab may be in use: the server knows. */
  async function ask() {
    asking = true;
    document.documentElement.dataset.locked = "";
    try {
      const answer = await fetch(state, { redirect: "manual" });
      const left = answer.ok ? (await answer.json()).seconds : 0;
      if (left <= 0) { leave(); return; }
      touched = told = Date.now() - limit + left * 1000;
      delete document.documentElement.dataset.locked;
    } catch { /* no connection: stays blank, asked again */ }
    asking = false;
  }

  function look() {
    const now = Date.now();
    if (asking) return;
    if (now - touched >= limit) {
      ask();
    } else if (touched > told && now - told >= TELL_MS) {
      told = now;
      fetch(alive, { method: "POST", headers: headers(), redirect: "manual" }).catch(() => {});
    }
  }
  setInterval(look, Math.min(5000, limit / 3));
  document.addEventListener("visibilitychange", look);
})();
