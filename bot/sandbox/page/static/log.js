// The list of everything that was sent follows what happens. What is open stays open,
// and the focus stays where it is.
"use strict";
(() => {
  const entries = document.querySelector("#entries");
  let reading = false;
  async function refresh() {
    if (reading || document.hidden) return;
    reading = true;
    try {
      const answer = await fetch(location.href);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#entries");
      const open = new Set([...entries.querySelectorAll("details[open]")].map((d) => d.id));
      const focused = document.activeElement.closest("#entries details")?.id;
      if (fresh.textContent === entries.textContent) return;
      fresh.querySelectorAll("details").forEach((d) => { d.open = open.has(d.id); });
      entries.replaceChildren(...fresh.children);
      if (focused) document.getElementById(focused)?.querySelector("summary").focus();
    } catch { /* the sandbox has stopped; the next try may find it again */ } finally { reading = false; }
  }
  setInterval(refresh, 1000);
})();
