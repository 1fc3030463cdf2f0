// The operator's console: who waits (as events from this PC's kiosk program), and which of them is
// being looked at. What is on the screen is all that this page knows.

import { leave, post, say, texts } from "./calls.js";
import { blockDialog, refuseDialog } from "./dialogs.js";
import { loadDay, showHealth, showLost, startOverview } from "./overview.js";
import { passkeyDialog } from "./passkeys.js";
import { PersonCard } from "./person.js";
import { aged, duration, showStage, stage, summary } from "./waiting.js";

const element = (id) => document.getElementById(id);
const TOUCH_MS = 30000;
const COVER_MS = 120000; // pictures stay no longer on a screen where nobody moves
const DONE_MS = 7000;
const IDLE_WARNING = 60;
const SHIFT_WARNING = 600;

let rows = []; // as received, minus those already decided here
let receivedAt = 0;
const decided = new Set();
const warned = new Set(); // of whom it was said that the time is almost over
let touchedAt = performance.now();
let isIdleSoon = false;
let doneTimer = 0;
let coverTimer = 0;

const card = new PersonCard({ onDone, onRefuse: (row) => row && refusing.open(row) });
const focusCard = () => card.focus();
const over = (refusal) => leave(refusal.code);
const refusing = refuseDialog({
  onDone: (row) => finish(row, texts.done_refused),
  onOver: over,
  onClose: focusCard,
});
blockDialog({ onDone: () => announceDone(texts.done_blocked), onOver: over, onClose: focusCard });
passkeyDialog({ onDone: announceDone, onOver: over, onClose: focusCard });
startOverview({ onClose: focusCard });

function announceDone(text, kind = "good") {
  const banner = element("banner-done");
  banner.className = "banner " + kind;
  say(banner, text);
  clearTimeout(doneTimer);
  doneTimer = setTimeout(() => say(banner, ""), DONE_MS);
}

function finish(row, text, kind) {
  decided.add(row.id);
  loadDay();
  announceDone(text, kind);
  setRows(rows.filter((other) => other.id !== row.id));
}

function onDone(row, state, refusal) {
  if (state === "OVER") leave(refusal.code);
  else if (state === "ENDED") finish(row, refusal.text, "bad");
  else if (state === "SECOND_OFFICER") announceDone(texts.done_second, "warn");
  else finish(row, texts.done_activated);
}

/** Take the rows of now; stay with the resident being looked at as long as that one is there. */
function setRows(next, { mayAnnounceGone = false } = {}) {
  const known = new Set(rows.map((row) => row.id));
  rows = next;
  refusing.keepOnly(new Set(rows.map((row) => row.id)));
  const current = card.row;
  const still = current && rows.find((row) => row.id === current.id);
  if (!still && rows.length) watch();
  if (current && !still && mayAnnounceGone) announceDone(texts.queue_gone, "warn");
  card.show(still ?? rows[0] ?? null, { settle: Boolean(current) });
  if (rows.some((row) => !known.has(row.id))) say(element("announce"), texts.queue_arrived);
  else if (!rows.length) say(element("announce"), "");
  element("announce").hidden = false;
  drawList();
  element("empty").hidden = rows.length > 0;
  element("overview-home").hidden = rows.length > 0;
  tick();
  document.title = (rows.length ? `(${rows.length}) ` : "") + texts.console_title;
}

/** The list of several; with one resident there is nothing to choose. */
function drawList() {
  const list = element("rows");
  element("queue").hidden = rows.length < 2;
  element("choose").hidden = rows.length < 2;
  const buttons = new Map([...list.querySelectorAll("button")].map((button) => [button.dataset.id, button]));
  for (const [id, button] of buttons) {
    if (!rows.some((row) => row.id === id)) button.parentElement.remove();
  }
  for (const row of rows) {
    const button = buttons.get(row.id) ?? addButton(list, row);
    const [name, more] = button.children;
    say(name, row.name);
    say(more, row.device);
    if (row.id === card.row?.id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function addButton(list, row) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.id = row.id;
  const wait = document.createElement("span");
  wait.className = "wait";
  const parts = [document.createElement("strong"), document.createElement("span"), wait];
  button.append(...parts, document.createElement("time"));
  button.addEventListener("click", () => choose(row.id));
  const item = document.createElement("li");
  item.append(button);
  list.append(item);
  return button;
}

function choose(id) {
  const row = rows.find((candidate) => candidate.id === id);
  if (row) {
    card.show(row);
    card.focus();
    drawList();
  }
}

/** The line to the data centre, in the bar; a change of it is read out as well. */
function showLink(online) {
  const text = online ? texts.status_online : texts.status_offline;
  if (element("link-text").textContent === text) return;
  element("link-text").textContent = text;
  element("link").textContent = text;
}

function showStatus(state) {
  showHealth(state.health);
  showLink(state.online);
  const trouble = state.problem && state.online ? state.problem.title : "";
  say(element("banner-link"), state.online ? trouble : texts.status_offline_more);
  const drift = state.drift === null ? "" : texts.status_drift.replace("{n}", Math.abs(state.drift));
  say(element("banner-clock"), state.clock_checked ? drift : texts.status_unchecked);
  isIdleSoon = state.idle_in <= IDLE_WARNING;
  say(element("banner-idle"), isIdleSoon ? texts.status_idle.replace("{n}", state.idle_in) : "");
  const soon = state.ends_in <= SHIFT_WARNING;
  say(element("banner-shift"), soon ? texts.status_shift.replace("{n}", Math.ceil(state.ends_in / 60)) : "");
  if (state.today) {
    say(element("confirmed"), String(state.today.confirmed));
    say(element("refused"), String(state.today.refused));
  }
}

function listen() {
  const events = new EventSource("/console/events");
  events.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    receivedAt = performance.now();
    showStatus(state);
    const listed = new Set(state.waiting.map((row) => row.id));
    for (const id of decided) if (!listed.has(id)) decided.delete(id);
    setRows(state.waiting.filter((row) => !decided.has(row.id)), { mayAnnounceGone: true });
  });
  events.addEventListener("ended", (event) => {
    events.close();
    clearScreen();
    leave(JSON.parse(event.data).code);
  });
  events.addEventListener("error", () => {
    // The kiosk program is away: what was on the screen is no longer true.
    setRows([]);
    showLost();
    showLink(false);
    say(element("banner-link"), texts.status_lost);
    if (events.readyState === EventSource.CLOSED) leave();
  });
  return events;
}

function clearScreen() {
  rows = [];
  card.show(null);
  element("rows").replaceChildren();
}

function touch() {
  const now = performance.now();
  if (now - touchedAt < TOUCH_MS && !isIdleSoon) return;
  touchedAt = now;
  isIdleSoon = false;
  post("/session/touch", {}).catch((refusal) => refusal.isOver && leave(refusal.code));
}

/** Somebody is here: the pictures may be seen, for a while. */
function watch() {
  clearTimeout(coverTimer);
  coverTimer = setTimeout(() => card.cover(), COVER_MS);
  if (document.visibilityState === "visible") card.uncover();
}

/** What a second changes: everybody's waiting time, and who is almost out of time. */
function tick() {
  const passed = Math.floor((performance.now() - receivedAt) / 1000);
  const now = rows.map((row) => aged(row, passed));
  for (const row of now) {
    if (row.id === card.row?.id) card.tick(row);
    showWait(row);
    if (stage(row) === "over" && !warned.has(row.id)) {
      warned.add(row.id);
      say(element("announce"), texts.wait_warning);
    }
  }
  say(element("queue-sum"), now.length ? summary(now) : "");
}

function showWait(row) {
  const button = document.querySelector(`#rows button[data-id="${CSS.escape(row.id)}"]`);
  if (!button) return;
  showStage(button.querySelector(".wait"), row);
  const time = button.querySelector("time");
  time.dateTime = `PT${row.waited}S`;
  say(time, duration(row.waited));
}

document.addEventListener("keydown", (event) => {
  touch();
  watch();
  if (event.target.matches("input[type=radio]")) return; // arrows choose among reasons there
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || rows.length < 2 || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const at = rows.findIndex((row) => row.id === card.row?.id);
  choose(rows[(at + step + rows.length) % rows.length].id);
});
document.addEventListener("pointerdown", touch);
document.addEventListener("pointerdown", watch);
document.addEventListener("pointermove", watch);
document.addEventListener("visibilitychange", () => (document.hidden ? card.cover() : watch()));
element("sign-out").addEventListener("click", async () => {
  try {
    await post("/session/end", {});
    clearScreen();
    leave("SIGNED_OUT");
  } catch (refusal) {
    if (refusal.isOver) leave(refusal.code);
    else announceDone(refusal.text, "bad");
  }
});

const events = listen();
addEventListener("pagehide", () => {
  events.close();
  clearScreen();
});
addEventListener("pageshow", (event) => event.persisted && location.reload());
setInterval(tick, 1000);
