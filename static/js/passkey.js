// Passkeys need scripts: shows their buttons, and says in words why one was not used.
"use strict";

const error = () => document.querySelector("[data-passkey-error]");

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-needs-script]").forEach((part) => { part.hidden = false; });
});

document.addEventListener("allauth.error", (event) => {
  const place = error();
  if (!place) return;
  event.preventDefault();
  place.textContent = "The passkey was not used. Try again, or use your password.";
  place.hidden = false;
});
