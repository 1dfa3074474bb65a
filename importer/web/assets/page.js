/* What the pages do beyond plain forms: drag and drop, progress that goes on by itself, and no form that is sent twice. */
"use strict";

const zone = document.querySelector("[data-drop]");
if (zone) {
  const input = zone.querySelector("input[type=file]");
  const stop = (event) => { event.preventDefault(); event.stopPropagation(); };
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => { stop(event); zone.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) { zone.classList.remove("over"); } });
  document.addEventListener("drop", (event) => {
    stop(event);
    zone.classList.remove("over");
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      zone.requestSubmit();
    }
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  window.setTimeout(() => { for (const button of form.querySelectorAll("button")) { button.disabled = true; } }, 0);
});
window.addEventListener("pageshow", (event) => { if (event.persisted) { window.location.reload(); } });

const followed = document.querySelectorAll("[data-batch]");
if (followed.length && window.EventSource) {
  const stream = new EventSource("/events");
  const seen = new Set();
  stream.addEventListener("message", (event) => {
    const found = JSON.parse(event.data);
    for (const element of followed) {
      const one = found.batches[element.dataset.batch];
      if (one && (element.dataset.sending === "yes") !== found.is_sent) { stream.close(); window.location.reload(); }
      else if (one) { seen.add(element.dataset.batch); show(element, one, found); }
      else if (seen.has(element.dataset.batch) || element.dataset.open === "yes") { stream.close(); window.location.reload(); }
    }
  });
  window.addEventListener("pagehide", () => stream.close());
}

function show(element, one, found) {
  const set = (name, text) => { const target = element.querySelector(`[data-show=${name}]`); if (target) { target.textContent = text; } };
  set("line", one.line);
  set("finish", found.finish);
  set("sender", found.sender);
  const bar = element.querySelector("progress");
  if (bar) { bar.max = Math.max(1, one.rows); bar.value = one.done; }
}

const job = document.querySelector("[data-job]");
if (job) { window.setTimeout(() => window.location.reload(), 1000); }
