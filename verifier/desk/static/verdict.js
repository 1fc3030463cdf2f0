// Shows one verdict at a time, and takes it off again: nobody's data stays on an idle screen.

import { play } from "./sound.js";
import { element } from "./talk.js";

const STAYS_MS = 90_000; // at a desk somebody copies data off the screen
const STAYS_AT_GATE_MS = 6_000;
const LONG_WORD = 16; // characters, from where on a gate's headline is smaller
const gate = document.body.dataset.gate === "yes";

let shown = null; // the document on the screen
let address = null; // of the portrait
let timer = 0;
let onDone = () => {};

export const shownNumber = () => shown?.number ?? null;

export function whenDone(action) {
  onDone = action;
}

export function showVerdict(told) {
  forget();
  shown = told;
  const place = element("verdict");
  place.dataset.tone = told.tone;
  place.dataset.code = told.code;
  place.dataset.number = told.number;
  element("icon").setAttribute("href", `#icon-${told.tone}`);
  element("word").textContent = told.hint ? `${told.word} (${told.hint})` : told.word;
  place.toggleAttribute("data-long", told.word.length > LONG_WORD);
  element("decision").textContent = told.decision;
  element("next").textContent = told.next;
  element("short").textContent = told.short;
  fill(element("claims"), told.claims);
  fill(element("facts"), told.facts.map(([label, value]) => ["", label, value]));
  element("ask-now").hidden = !told.challenge_wanted || !element("challenge-start");
  showReceipt(told.receipt ?? null);
  showPortrait(told.portrait);
  document.body.dataset.view = "verdict";
  document.body.dataset.tone = told.tone;
  place.hidden = false;
  element("announce").textContent = `${told.word}. ${told.decision}. ${told.next}`;
  window.scrollTo(0, 0);
  play(told.tone);
  keep();
}

/** The code is still before the camera: begin counting anew. */
export function keep() {
  clearTimeout(timer);
  timer = setTimeout(done, gate ? STAYS_AT_GATE_MS : STAYS_MS);
}

export function done() {
  if (!shown) return;
  forget();
  shown = null;
  element("verdict").hidden = true;
  delete document.body.dataset.tone;
  document.body.dataset.view = "ready";
  element("announce").textContent = "";
  onDone();
}

function forget() {
  clearTimeout(timer);
  for (const id of ["word", "decision", "next", "short"]) element(id).textContent = "";
  element("claims").replaceChildren();
  element("facts").replaceChildren();
  element("portrait").removeAttribute("src");
  if (address) URL.revokeObjectURL(address);
  address = null;
}

function showReceipt(number) {
  const link = element("receipt");
  link.hidden = number === null;
  link.href = number === null ? "#" : `/receipts/${number}`;
  element("receipt-number").textContent = number ?? "";
}

function showPortrait(data) {
  const place = element("portrait-place");
  place.hidden = !data;
  if (!data) return;
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  address = URL.createObjectURL(new Blob([bytes], { type: "image/webp" }));
  element("portrait").src = address;
}

function fill(list, rows) {
  list.hidden = rows.length === 0;
  for (const [name, label, value] of rows) {
    const row = document.createElement("div");
    if (name) row.dataset.field = name;
    row.append(made("dt", label), made("dd", value));
    list.append(row);
  }
}

function made(kind, text) {
  const one = document.createElement(kind);
  one.textContent = text;
  return one;
}
