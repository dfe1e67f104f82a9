/* What is typed into a form marked data-keep is kept on the server within a second. Nothing stays in the browser. */
(function () {
  "use strict";
  const PAUSE_MS = 600;
  const RETRY_MS = 4000;
  const watched = new WeakSet();
  function watch(form) {
    if (watched.has(form)) return;
    watched.add(form);
    const state = form.querySelector("[data-keep-state]");
    let timer = null;
    let waiting = false;
    let sending = false;
    let leaving = false;
    let signedOut = false;
    const say = (name, text) => { state.dataset.state = name; state.textContent = text; };

    async function keep() {
      clearTimeout(timer);
      if (!waiting || sending || leaving) return;
      waiting = false;
      sending = true;
      if (signedOut && !(await window.tinelSession.renew())) { sending = false; retry(); return; }
      signedOut = false;
      say("saving", "keeping …");
      const body = new FormData(form);
      body.set("unsent", "keep");
      let answer = null;
      try {
        answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: true });
      } catch { /* offline: tried again below */ }
      sending = false;
      if (answer && answer.ok && !answer.headers.get("HX-Redirect")) {
        say("saved", `kept ${(await answer.json()).kept}, not sent yet`);
        if (waiting) later();
      } else if (answer && answer.status === 422) {
        say("unsaved", (await answer.json()).problem);
      } else if (answer && (answer.ok || answer.status === 403)) {
        signedOut = true;
        say("unsaved", "not kept: you are signed out. Sign in again in another tab; what stands here stays.");
        retry();
      } else {
        say("unsaved", "not kept – trying again");
        retry();
      }
    }
    const later = () => { clearTimeout(timer); timer = setTimeout(keep, PAUSE_MS); };
    const retry = () => { waiting = true; clearTimeout(timer); timer = setTimeout(keep, RETRY_MS); };
    form.addEventListener("input", () => { waiting = true; later(); });
    form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); });
    addEventListener("online", keep);
    addEventListener("pagehide", keep);
    addEventListener("beforeunload", (event) => { if (waiting && !leaving) { keep(); event.preventDefault(); } });
  }
  const watchAll = () => document.querySelectorAll("form[data-keep]").forEach(watch);
  watchAll();
  document.body.addEventListener("htmx:afterSwap", watchAll);
})();
