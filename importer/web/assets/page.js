/* What the pages do beyond plain forms: drag and drop, progress that goes on by itself, a word about a connection or a login that
   is lost, and no form that is sent twice. */
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

/* The connection and the login: what is shown may be old without either, so that the page says so, and tries again. */
const state = document.querySelector("#connection");
const FIRST_WAIT = 2000, LONGEST_WAIT = 60000, LONGEST_ANSWER = 20000;
let wait = FIRST_WAIT, timer = 0, pending = null;

function say(text) { if (state && state.textContent !== text) { state.textContent = text; } }

function isWritten() {
  return [...document.querySelectorAll("input:not([type=hidden]), textarea, select")].some((one) => {
    if (one.tagName === "SELECT") { return [...one.options].some((option) => option.selected !== option.defaultSelected); }
    return one.type === "checkbox" || one.type === "radio" ? one.checked !== one.defaultChecked : one.value !== one.defaultValue;
  });
}

/* Ask the server whether the login holds. "lost": nobody has answered, or a proxy whose server is away. */
async function lookAtServer() {
  try {
    const answer = await fetch("/alive", { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(LONGEST_ANSWER) });
    if (answer.ok) { return "there"; }
    return answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403 ? "ended" : "lost";
  } catch { return "lost"; }
}

/* Do what is to be done once the server answers. If the login has ended, the page is loaded again, which leads to the login. */
async function onceThere(then) {
  window.clearTimeout(timer);
  pending = then;
  const answer = await lookAtServer();
  if (answer === "ended") {
    if (isWritten()) { say(state.dataset.ended); } else { window.location.reload(); }
  } else if (answer === "there") {
    then();
  } else {
    say(state.dataset.lost);
    later(() => onceThere(then));
  }
}

function later(then) {
  window.clearTimeout(timer);
  timer = window.setTimeout(then, wait);
  wait = Math.min(2 * wait, LONGEST_WAIT);
}

function found() { wait = FIRST_WAIT; pending = null; say(""); }

if (state && window.fetch) {
  window.addEventListener("offline", () => say(state.dataset.lost));
  window.addEventListener("online", () => onceThere(pending || found));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") { onceThere(pending || found); } });
}

const followed = document.querySelectorAll("[data-batch]");
let stream = null;
if (followed.length && window.EventSource && state) {
  follow();
  window.addEventListener("pagehide", () => { if (stream) { stream.close(); } });
}

function follow() {
  const seen = new Set();
  if (stream) { stream.close(); }
  stream = new EventSource("/events");
  stream.addEventListener("message", (event) => {
    found();
    const sent = JSON.parse(event.data);
    for (const element of followed) {
      const one = sent.batches[element.dataset.batch];
      if (one && (element.dataset.sending === "yes") !== sent.is_sent) { stream.close(); window.location.reload(); }
      else if (one) { seen.add(element.dataset.batch); show(element, one, sent); }
      else if (seen.has(element.dataset.batch) || element.dataset.open === "yes") { stream.close(); window.location.reload(); }
    }
  });
  stream.addEventListener("error", () => { stream.close(); onceThere(() => later(follow)); });
}

function show(element, one, sent) {
  const set = (name, text) => { const target = element.querySelector(`[data-show=${name}]`); if (target) { target.textContent = text; } };
  set("line", one.line);
  set("finish", sent.finish);
  set("sender", sent.sender);
  const bar = element.querySelector("progress");
  if (bar) { bar.max = Math.max(1, one.rows); bar.value = one.done; }
}

const job = document.querySelector("[data-job]");
if (job) { window.setTimeout(() => onceThere(() => window.location.reload()), 1000); }
