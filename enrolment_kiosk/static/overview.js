// The day's failures by reason, and how this counter is: on the page while nobody waits, in a
// dialog while somebody does.

import { say, texts } from "./calls.js";

const element = (id) => document.getElementById(id);
const DAY_MS = 15000;
const WORST = ["ok", "warn", "bad"];
const WORDS = { ok: "overview_good", warn: "overview_warn", bad: "overview_bad" };

let camera = { name: "camera", level: "ok", state: "unknown" };
let seen = [];

const numbers = new Intl.NumberFormat(document.documentElement.lang);

function amount(check) {
  if (check.name === "program") return check.value;
  if (check.name !== "certificate") return numbers.format(Math.abs(check.value));
  const minutes = Math.max(1, Math.round(check.value / 60));
  if (minutes < 120) return `${minutes} ${texts.unit_minutes}`;
  return `${Math.floor(minutes / 60)} ${texts.unit_hours}`;
}

function showCheck(check) {
  const row = document.querySelector(`[data-check="${check.name}"]`);
  const key = `health_${check.name}_${check.state}`;
  const hasValue = check.value !== null && check.value !== undefined;
  row.hidden = false;
  row.dataset.level = check.level;
  say(row.querySelector(".word"), texts["health_" + check.level]);
  say(row.querySelector(".state"), texts[key].replace("{n}", hasValue ? amount(check) : ""));
  say(row.querySelector(".todo"), texts[key + "_do"] ?? "");
}

/** Show what the kiosk's program says of itself, and what the browser says of the camera. */
export function showHealth(checks) {
  seen = checks;
  const all = [...checks, camera];
  all.forEach(showCheck);
  const level = WORST[Math.max(...all.map((check) => WORST.indexOf(check.level)))];
  element("open-overview").dataset.level = level;
  say(element("overview-word"), texts[WORDS[level]]);
}

/** The program itself is away. */
export function showLost() {
  const lost = { name: "program", level: "bad", state: "lost", value: null };
  showHealth([...seen.filter((check) => check.name !== "program"), lost]);
}

/** Whether a camera is there and whether this page might use it; no camera is opened. */
async function lookForCamera() {
  const found = (state, level = "ok") => ({ name: "camera", level, state, value: null });
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const there = devices.some((device) => device.kind === "videoinput");
    const allowed = (await navigator.permissions.query({ name: "camera" })).state === "granted";
    if (!there) camera = found("none");
    else camera = allowed ? found("allowed", "warn") : found("idle");
  } catch {
    camera = found("unknown");
  }
  if (seen.length) showHealth(seen);
}

function failureRow(failure) {
  const row = document.createElement("tr");
  const reason = document.createElement("th");
  reason.scope = "row";
  reason.textContent = texts["failure_" + failure.reason] ?? texts.failure_other;
  const cells = [failure.counter, failure.office].map((count) => {
    const cell = document.createElement("td");
    cell.textContent = numbers.format(count);
    return cell;
  });
  row.append(reason, ...cells);
  return row;
}

function showDay(day) {
  const date = new Date(day.day + "T12:00:00").toLocaleDateString(document.documentElement.lang, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  say(element("failures-day"), `${date} · ${day.zone}`);
  const any = day.failures.length > 0;
  element("failures").hidden = !any;
  say(element("failures-none"), any ? "" : texts.failures_none);
  element("failures-rows").replaceChildren(...day.failures.map(failureRow));
  const sum = (name) => numbers.format(day.failures.reduce((all, one) => all + one[name], 0));
  say(element("failures-here"), sum("counter"));
  say(element("failures-all"), sum("office"));
}

/** Fetch the day's numbers; what is shown stays until newer ones come. */
export async function loadDay() {
  try {
    const response = await fetch("/console/today", { cache: "no-store" });
    if (response.ok) showDay(await response.json());
  } catch {
    // Asked again soon.
  }
}

/** Start looking; `onClose()` is called when the dialog closes. */
export function startOverview({ onClose }) {
  const dialog = element("overview-dialog");
  const panels = element("overview");
  element("open-overview").addEventListener("click", () => {
    element("overview-place").append(panels);
    dialog.showModal();
    loadDay();
  });
  dialog.addEventListener("close", () => {
    element("overview-home").append(panels);
    onClose();
  });
  navigator.mediaDevices?.addEventListener("devicechange", lookForCamera);
  lookForCamera();
  loadDay();
  setInterval(loadDay, DAY_MS);
}
