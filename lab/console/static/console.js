// What pages do beyond HTML: every page works without it.

for (const control of document.querySelectorAll("[data-submits]")) {
  control.addEventListener("change", () => control.form.requestSubmit());
}

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const selection = window.getSelection();
      selection.selectAllChildren(document.getElementById(button.dataset.copy));
      document.execCommand("copy");
    }
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  });
}

// A key handed over in the fragment (rsplab demo does) never reaches the server before the form is sent.
const key = document.querySelector("input[name=key]");
if (key && location.hash.startsWith("#rsplab_")) {
  key.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
}

const tools = document.querySelector("[data-timeline]");
if (tools) {
  const timeline = document.querySelector(".timeline");
  tools.hidden = false;
  for (const box of tools.querySelectorAll("[data-hide]")) {
    box.checked = true;
    box.addEventListener("change", () => timeline.classList.toggle(`without-${box.dataset.hide}`, !box.checked));
  }
  tools.querySelector("[data-open-all]").addEventListener("click", ({ target }) => {
    const opening = target.textContent === "Open all";
    for (const one of timeline.querySelectorAll("details.message")) one.open = opening;
    target.textContent = opening ? "Close all" : "Open all";
  });
}

const live = document.querySelector("[data-live]");
if (live) {
  const bar = live.querySelector("progress");
  const step = live.querySelector("[data-step]");
  const text = live.querySelector("[data-text]");
  const state = document.querySelector("h1 .state");
  const began = state.textContent;
  const source = new EventSource(live.dataset.live);
  const show = ({ data }) => {
    const { state: now, progress } = JSON.parse(data);
    if (progress.total) {
      bar.max = progress.total;
      bar.value = progress.done;
    }
    step.textContent = progress.step;
    text.textContent = progress.text || "";
    if (now.replaceAll("_", " ") !== began) location.reload();
  };
  source.addEventListener("progress", show);
  source.addEventListener("ended", () => { source.close(); location.reload(); });
}

// Lists of what is going on are kept fresh, unless somebody is in them with the keyboard.
const fresh = document.querySelector("[data-refresh]");
if (fresh) {
  setInterval(async () => {
    if (document.hidden || fresh.contains(document.activeElement)) return;
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-refresh]");
    if (now && now.innerHTML !== fresh.innerHTML) fresh.replaceChildren(...now.childNodes);
  }, 3000);
}
