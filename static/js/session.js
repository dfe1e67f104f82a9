/* Signed out while working: the page stays, with what it has not saved, and goes on once somebody is signed in
   again in another tab. window.tinelSession.renew() asks whether that is so and takes over the new token. */
(function () {
  "use strict";
  async function renew() {
    let answer;
    try {
      answer = await fetch(location.pathname, { redirect: "manual" });
    } catch {
      return false;
    }
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const headers = page.body.getAttribute("hx-headers");
    if (!headers || page.querySelector("[data-locked]")) return false;
    const token = JSON.parse(headers)["X-CSRFToken"];
    document.body.setAttribute("hx-headers", headers);
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => { input.value = token; });
    return true;
  }

  /* The dialog of a page that must not be left: `again` is called when work can go on. */
  const dialog = document.getElementById("signed-out");
  let again = null;
  function wait(url, callback) {
    again = callback;
    dialog.querySelector("a").href = url;
    if (!dialog.open) dialog.showModal();
  }
  async function goOn() {
    if (!again || !dialog.open || !(await renew())) return;
    const callback = again;
    again = null;
    dialog.close();
    callback();
  }
  if (dialog) {
    addEventListener("focus", goOn);
    document.addEventListener("visibilitychange", goOn);
    dialog.querySelector("[data-go-on]").addEventListener("click", goOn);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
  }
  window.tinelSession = { renew, wait };
})();
