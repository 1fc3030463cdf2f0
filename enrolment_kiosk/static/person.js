// The resident being looked at: pictures, facts, number field, decision.

import { decide, say, texts } from "./calls.js";
import { Pictures } from "./pictures.js";
import { duration, showStage } from "./waiting.js";
import { chosenReason, clearReview, focusReasons, showReview } from "./review.js";

const element = (id) => document.getElementById(id);
const OVER = new Set(["ACTIVATION_ENDED", "ENROLMENT_NOT_FOUND"]);
const SETTLE_MS = 700; // keys typed for the one before must not land here

export class PersonCard {
  #row = null;
  #pictures = new Pictures({ onReady: () => this.#onPictures() });
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
    element("approvals").addEventListener("change", () => say(element("problem"), ""));
    element("decide").addEventListener("keydown", (event) => event.key === "Enter" && this.#onEnter(event));
    element("open-refuse").addEventListener("click", () => onRefuse(this.#row));
  }

  get row() {
    return this.#row;
  }

  /** Show this resident; null clears everything that was on the screen. */
  show(row, { settle = false } = {}) {
    const same = ["id", "second", "mine"].every((name) => this.#row?.[name] === row?.[name]);
    this.#row = row;
    element("person").hidden = !row;
    if (!same) this.#clear();
    if (!row) return;
    if (!same) this.#pictures.show(row);
    this.#fill(row);
    if (!same) {
      this.#readyAt = settle ? performance.now() + SETTLE_MS : 0;
      this.focus();
    }
  }

  /** Take the pictures off the page until somebody is there again; nothing is decided meanwhile. */
  cover() {
    if (this.#pictures.cover()) this.#setBusy(this.#busy);
  }

  uncover() {
    this.#pictures.uncover();
  }

  focus() {
    if (!this.#row || document.querySelector("dialog[open]")) return;
    if (!this.#row.second) element("number").focus();
    else if (this.#row.mine) element("name").focus();
    else if (this.#row.officer) focusReasons();
    else element("confirm").focus();
  }

  tick(row) {
    say(element("waited"), duration(row.waited));
    showStage(element("waited-word"), row);
    say(element("left"), row.left === null ? "–" : duration(row.left));
    element("left").classList.toggle("short", row.left !== null && row.left < 60);
  }

  #fill(row) {
    say(element("name"), row.name);
    say(element("nik"), row.nik);
    say(element("device"), row.device);
    this.tick(row);
    element("second").hidden = !row.second;
    element("number-place").hidden = row.second;
    element("confirm").hidden = row.mine;
    showReview(row, this.#pictures);
    this.#setBusy(this.#busy);
    const few = row.numbers_left < 3 && !row.second;
    say(element("numbers-left"), few ? texts.person_numbers_left.replace("{n}", row.numbers_left) : "");
  }

  #clear() {
    for (const id of ["name", "nik", "device", "waited", "waited-word", "left", "numbers-left"]) element(id).textContent = "";
    element("number").value = "";
    clearReview();
    say(element("problem"), "");
    this.#pictures.show(null);
  }

  /** Confirming waits for the pictures: the officer looks at the person before deciding. */
  #onPictures() {
    showReview(this.#row, this.#pictures);
    this.#setBusy(this.#busy);
    // A button that was disabled meanwhile has lost the focus.
    const lost = document.activeElement === document.body;
    if (lost || (this.#row.second && !this.#row.officer)) this.focus();
  }

  /**
   * Where an officer decides the face, Enter goes one step on: number, reason, button. Only on the
   * button does it approve, and a key held down goes nowhere.
   */
  #onEnter(event) {
    if (!this.#row?.officer) return;
    const onButton = event.target.localName === "button";
    if (event.repeat || !onButton) event.preventDefault();
    if (event.repeat || onButton) return;
    if (this.#isComplete()) element("confirm").focus();
  }

  /** Whether number and reason are there; says what is missing and goes to its place. */
  #isComplete() {
    const row = this.#row;
    const missing = !row.second && element("number").value.length !== 3;
    if (missing) element("number").focus();
    else if (row.officer && !chosenReason()) focusReasons();
    else return true;
    say(element("problem"), missing ? texts.person_number_short : texts.review_needed);
    return false;
  }

  async #confirm() {
    const row = this.#row;
    if (!row || this.#busy || !this.#pictures.ready || !this.#isComplete()) return;
    this.#setBusy(true);
    say(element("problem"), "");
    try {
      const number = row.second ? null : element("number").value;
      const body = { number, face_reason: row.officer ? chosenReason() : null };
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
    element("confirm").disabled = busy || !this.#pictures.ready;
    say(element("confirm-text"), busy ? texts.person_busy : this.#confirmText());
  }

  #confirmText() {
    if (!this.#row?.officer) return texts.person_confirm;
    return this.#row.no_match && !this.#row.second ? texts.review_approve_first : texts.review_approve;
  }
}
