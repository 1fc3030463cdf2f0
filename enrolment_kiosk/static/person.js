// The resident being looked at: registry photo, facts, number field, decision.

import { decide, say, texts } from "./calls.js";

const element = (id) => document.getElementById(id);
const PHOTO_RETRY_MS = 2000;
const OVER = new Set(["ACTIVATION_ENDED", "ENROLMENT_NOT_FOUND"]);
const SETTLE_MS = 700; // keys typed for the one before must not land here

export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = `${seconds % 60} ${texts.unit_seconds}`;
  return minutes ? `${minutes} ${texts.unit_minutes} ${rest}` : rest;
}

export class PersonCard {
  #row = null;
  #photo = null; // "shown", "none", or null while it loads
  #url = null;
  #busy = false;
  #readyAt = 0;
  #onDone;

  /** `onDone(row, state)` is called when a decision ended or moved this resident's activation. */
  constructor({ onDone, onRefuse }) {
    this.#onDone = onDone;
    element("decide").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#confirm();
    });
    element("number").addEventListener("input", (event) => {
      const early = performance.now() < this.#readyAt;
      event.target.value = early ? "" : event.target.value.replace(/\D/g, "").slice(0, 3);
      say(element("problem"), "");
    });
    element("same").addEventListener("change", () => say(element("problem"), ""));
    element("open-refuse").addEventListener("click", () => onRefuse(this.#row));
  }

  get row() {
    return this.#row;
  }

  /** Show this resident; null clears everything that was on the screen. */
  show(row, { settle = false } = {}) {
    const same = this.#row?.id === row?.id && this.#row?.second === row?.second;
    this.#row = row;
    element("person").hidden = !row;
    if (!same) this.#clear();
    if (!row) return;
    this.#fill(row);
    if (!same) {
      this.#readyAt = settle ? performance.now() + SETTLE_MS : 0;
      this.#loadPhoto(row);
      this.focus();
    }
  }

  focus() {
    if (!this.#row || document.querySelector("dialog[open]")) return;
    const first = this.#row.second ? element(this.#row.officer ? "same" : "confirm") : element("number");
    first.focus();
  }

  tick(row) {
    say(element("waited"), duration(row.waited));
    say(element("left"), row.left === null ? "–" : duration(row.left));
    element("left").classList.toggle("short", row.left !== null && row.left < 60);
  }

  #fill(row) {
    say(element("name"), row.name);
    say(element("nik"), row.nik);
    say(element("device"), row.device);
    this.tick(row);
    element("second").hidden = !row.second;
    element("officer").hidden = !row.officer;
    element("number-place").hidden = row.second;
    element("same-place").hidden = !row.officer;
    const few = row.numbers_left < 3 && !row.second;
    say(element("numbers-left"), few ? texts.person_numbers_left.replace("{n}", row.numbers_left) : "");
  }

  #clear() {
    for (const id of ["name", "nik", "device", "waited", "left", "numbers-left"]) element(id).textContent = "";
    element("number").value = "";
    element("same").checked = false;
    say(element("problem"), "");
    element("photo").hidden = true;
    element("photo").removeAttribute("src");
    element("no-photo").hidden = true;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = this.#photo = null;
    element("confirm").disabled = true;
  }

  /** Confirming waits for the photo: the officer looks at the person before deciding. */
  async #loadPhoto(row) {
    const isCurrent = () => this.#row?.id === row.id && this.#photo === null;
    try {
      const response = await fetch("/console/photo/" + encodeURIComponent(row.id), { cache: "no-store" });
      if (response.ok) {
        const blob = await response.blob();
        if (!isCurrent()) return;
        this.#url = URL.createObjectURL(blob);
        element("photo").src = this.#url;
        element("photo").hidden = false;
        this.#settlePhoto("shown");
        return;
      }
      const { code } = await response.json();
      if (code === "NO_PHOTO" && isCurrent()) {
        element("no-photo").hidden = false;
        this.#settlePhoto("none");
        return;
      }
    } catch {
      // Asked again below.
    }
    if (isCurrent()) setTimeout(() => isCurrent() && this.#loadPhoto(row), PHOTO_RETRY_MS);
  }

  #settlePhoto(what) {
    this.#photo = what;
    const none = what === "none";
    element("same-text").textContent = none ? texts.person_same_no_photo : texts.person_same;
    element("officer").textContent = none ? texts.person_officer_no_photo : texts.person_officer;
    element("confirm").disabled = this.#busy;
    if (this.#row.second && !this.#row.officer) this.focus();
  }

  #refuseEarly(text, field) {
    say(element("problem"), text);
    element(field).focus();
  }

  async #confirm() {
    const row = this.#row;
    if (!row || this.#busy || !this.#photo) return;
    const number = element("number").value;
    const same = element("same").checked;
    if (!row.second && number.length !== 3) return this.#refuseEarly(texts.person_number_short, "number");
    if (row.officer && !same) return this.#refuseEarly(texts.person_same_needed, "same");
    this.#setBusy(true);
    say(element("problem"), "");
    try {
      const body = { number: row.second ? null : number, same_person: row.officer && same };
      const answer = await decide(`/queue/${encodeURIComponent(row.id)}/confirm`, body);
      this.#onDone(row, answer.state);
    } catch (refusal) {
      this.#explain(row, refusal);
    } finally {
      this.#setBusy(false);
    }
  }

  #explain(row, refusal) {
    if (refusal.isOver || OVER.has(refusal.code) || refusal.problem.numbers_left === 0) {
      this.#onDone(row, refusal.isOver ? "OVER" : "ENDED", refusal);
      return;
    }
    if (this.#row?.id !== row.id) return;
    const left = refusal.problem.numbers_left;
    const more = left === undefined ? "" : " " + texts.person_numbers_left.replace("{n}", left);
    say(element("problem"), refusal.text + more);
    if (refusal.code === "NUMBER_WRONG") element("number").value = "";
    this.focus();
  }

  #setBusy(busy) {
    this.#busy = busy;
    const button = element("confirm");
    button.disabled = busy || !this.#photo;
    button.firstChild.textContent = (busy ? texts.person_busy : texts.person_confirm) + " ";
  }
}
