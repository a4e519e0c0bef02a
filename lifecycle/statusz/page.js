"use strict";
(() => {
  const lost = document.getElementById("lost");
  let asking = false;

  // Only what has changed is replaced, so that the reader keeps the place and
  // the selection.
  function show(page) {
    const left = scrollX, top = scrollY;
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(part.id);
      if (!fresh || fresh.outerHTML === part.outerHTML) continue;
      part.className = fresh.className;
      part.replaceChildren(...fresh.childNodes);
    }
    document.title = page.title;
    scrollTo(left, top);
  }

  async function refresh() {
    if (asking || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch(location.href, {
        cache: "no-store", headers: {Accept: "text/html"}, signal: AbortSignal.timeout(5000),
      });
      if (!answer.ok) throw new Error(answer.statusText);
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      lost.hidden = true;
    } catch {
      lost.hidden = false;
    } finally {
      asking = false;
    }
  }

  setInterval(refresh, 1000);
  document.addEventListener("visibilitychange", refresh);
})();
