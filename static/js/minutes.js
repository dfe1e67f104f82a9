/* Minutes since the injection go on counting while the page stands open; the server's own clock began them. */
(function () {
  "use strict";
  const MINUTE_MS = 60000;
  const EVERY_MS = 5000;
  document.querySelectorAll("[data-minutes]").forEach((shown) => {
    const began = Number(shown.dataset.minutes);
    setInterval(() => {
      shown.textContent = `+${began + Math.floor(performance.now() / MINUTE_MS)} min`;
    }, EVERY_MS);
  });
})();
