// The journal without a reload: lines that change, exchanges that appear where a flow is open, copying, revealing.
// Every page works without this file; what it fetches are pieces that the server has rendered and escaped.
"use strict";

const flows = document.getElementById("flows");
const live = document.getElementById("live");
const most = 50;

function piecesOf(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

function showTools(root) {
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const code = button.parentElement.querySelector("code");
  const said = button.firstChild.data;
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.firstChild.data = "Copied";
  } catch {
    // The clipboard is for secure contexts alone: then the text is marked, for the reader to copy.
    getSelection().selectAllChildren(code);
    button.firstChild.data = "Marked: copy it with the keyboard";
  }
  setTimeout(() => { button.firstChild.data = said; }, 2500);
});

document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-reveal]")) return;
  event.preventDefault();
  const form = event.target;
  const old = form.closest(".exchange");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const revealed = piecesOf(await answer.text()).querySelector(".exchange");
  if (!revealed) return form.submit();
  old.replaceWith(revealed);
  showTools(revealed);
  revealed.dataset.revealed = "";
  revealed.querySelector("a").focus();
});

function lineOf(identifier) {
  return [...flows.children].find((line) => line.dataset.flow === identifier);
}

async function fetchLines(identifiers, opened) {
  const query = new URLSearchParams(location.search);
  for (const identifier of identifiers) query.append("flow", identifier);
  for (const identifier of opened) query.append("open", identifier);
  const answer = await fetch("/journal/lines?" + query);
  if (!answer.ok) throw new Error(answer.statusText);
  return [...piecesOf(await answer.text()).body.children];
}

// What the reader holds open, has revealed or stands on stays as it is; only what is new is put in.
function fill(line, fresh) {
  const container = line.querySelector(".exchanges");
  const incoming = [...fresh.querySelectorAll(".exchange")];
  if (!incoming.length) return;
  if (!container.querySelector(".exchange")) {
    container.replaceChildren(...fresh.querySelector(".exchanges").children);
  } else {
    for (const exchange of incoming) {
      const old = document.getElementById(exchange.id);
      if (!old) container.append(exchange);
      // What rules find, and that an answer did not arrive, is said later than the exchange itself.
      else if (old.dataset.said !== exchange.dataset.said && !("revealed" in old.dataset)) old.replaceWith(exchange);
    }
  }
  showTools(container);
}

function put(fresh) {
  const old = lineOf(fresh.dataset.flow);
  let line = fresh;
  if (old) {
    line = old;
    old.className = fresh.className;
    old.dataset.latest = fresh.dataset.latest;
    old.querySelector("summary").replaceChildren(...fresh.querySelector("summary").childNodes);
    if (old.open) fill(old, fresh);
    else old.querySelector(".exchanges").replaceWith(fresh.querySelector(".exchanges"));
  }
  line.classList.add("fresh");
  // A line that somebody reads does not run away.
  if (!old || (!old.open && !old.contains(document.activeElement))) flows.prepend(line);
  while (flows.children.length > most) flows.lastElementChild.remove();
  document.getElementById("empty").hidden = true;
}

async function update(identifiers) {
  const opened = identifiers.filter((identifier) => lineOf(identifier)?.open);
  const lines = await fetchLines(identifiers, opened);
  for (const line of lines.reverse()) put(line);
}

async function reload() {
  const page = piecesOf(await (await fetch(location.href)).text());
  const opened = [...flows.children].filter((line) => line.open).map((line) => line.dataset.flow);
  flows.replaceChildren(...page.getElementById("flows").children);
  document.getElementById("empty").hidden = page.getElementById("empty").hidden;
  for (const identifier of opened) {
    const line = lineOf(identifier);
    if (line) line.open = true;
  }
  showTools(flows);
}

function say(state, text) {
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  live.textContent = text;
}

let last = "";
let source = null;
// One at a time and in order, however fast they come.
let work = Promise.resolve();
const next = (job) => { work = work.then(job).catch(() => say("lost", "Out of date: load the page again")); };

function connect() {
  if (source) return;
  source = new EventSource("/journal/events?last=" + encodeURIComponent(last));
  source.addEventListener("hello", (event) => { last = event.lastEventId; say("live", "Live"); });
  source.addEventListener("reset", () => next(reload));
  source.addEventListener("flows", (event) => {
    last = event.lastEventId;
    const data = JSON.parse(event.data);
    next(() => (data.flows ? update(data.flows) : reload()));
  });
  source.addEventListener("error", () => {
    say("lost", "Connection lost, trying again");
    // A browser tries again by itself unless the answer was an error: then it gives up, and this does not.
    if (!source || source.readyState !== EventSource.CLOSED) return;
    disconnect();
    setTimeout(connect, 2000);
  });
}

function disconnect() {
  if (source) source.close();
  source = null;
}

// A browser has six connections to a server: a page that nobody sees must not keep one, and hears later what it missed.
function watch() {
  const follow = () => (document.hidden ? disconnect() : connect());
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", follow);
  follow();
}

showTools(document);

if (flows) {
  // The older lines come without their exchanges: they are fetched when somebody opens one.
  flows.addEventListener("toggle", async (event) => {
    const line = event.target;
    if (!line.matches(".flow") || !line.open || line.querySelector(".exchange")) return;
    const [fresh] = await fetchLines([line.dataset.flow], [line.dataset.flow]);
    if (fresh) fill(line, fresh);
  }, true);
  if ("live" in flows.dataset) {
    last = flows.dataset.last;
    watch();
  }
}
