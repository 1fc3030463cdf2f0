// The desk's page: takes codes in by every way, and shows what each is worth.

import { Camera } from "./camera.js";
import { isAsking, prepareChallenge, showChallenge, startChallenge } from "./challenge.js";
import { prepareSound } from "./sound.js";
import { Refused, ask, element, send, texts } from "./talk.js";
import { prepareTyping } from "./typed.js";
import { done, keep, showVerdict, shownNumber, whenDone } from "./verdict.js";

const SITUATION_MS = 5000;
const BUSY_MS = 120;
const gate = document.body.dataset.gate === "yes";
const mustAsk = document.body.dataset.challenge === "required";

let dismissed = null; // the number of the verdict that somebody took off while its code was in view

function showSituation(told) {
  element("age").dataset.state = told.bundle.state;
  element("age-text").textContent = told.bundle.age;
  element("age-version").textContent = told.bundle.version;
  const lines = told.warnings.map(({ weight, text }) => {
    const line = document.createElement("p");
    line.className = `banner ${weight}`;
    line.setAttribute("role", weight === "bad" ? "alert" : "status");
    line.textContent = text;
    return line;
  });
  const place = element("warnings");
  const before = [...place.children].map((line) => line.textContent).join("\n");
  if (before !== lines.map((line) => line.textContent).join("\n")) place.replaceChildren(...lines);
  showChallenge(told.challenge);
  // A newer bundle brought another policy: the page is made for one of them.
  const { policy, view } = document.body.dataset;
  if (policy !== told.policy && view === "ready") location.reload();
}

async function watch() {
  try {
    showSituation(await ask("/situation"));
  } catch {
    // The banner says so; it is asked again.
  }
  setTimeout(watch, SITUATION_MS);
}

async function show(told) {
  dismissed = null;
  showVerdict(told);
  try {
    showSituation(await ask("/situation"));
  } catch {
    // As above.
  }
}

async function check(path, body) {
  document.body.dataset.busy = "yes";
  try {
    await show(await send(path, body));
  } catch (problem) {
    if (problem instanceof Refused && problem.code === "BUSY") {
      setTimeout(() => check(path, body), BUSY_MS);
    } else if (problem instanceof Refused && problem.status === 413) {
      showFault("again", "1-9", texts.word_nothing_read);
    } else if (problem instanceof Refused) {
      showFault("device", "0-9", texts.word_desk_fault);
    }
  } finally {
    delete document.body.dataset.busy;
  }
}

/** What the program could not even take in. */
function showFault(tone, short, word) {
  showVerdict({ number: 0, tone, code: "DESK_FAULT", short, word, hint: "",
    decision: texts[`decision_${tone}`], next: "", claims: [], facts: [], portrait: null,
    challenge_wanted: false });
}

const checkText = (text, source, keys = "") => check("/checks", { text, keys, source });
const isPicture = (file) => file.type.startsWith("image/");

function prepareDropping() {
  const cover = element("drop");
  let depth = 0;
  addEventListener("dragenter", () => { depth += 1; cover.hidden = false; });
  addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) cover.hidden = true; });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    cover.hidden = true;
    const [file] = event.dataTransfer.files;
    const text = event.dataTransfer.getData("text/plain");
    if (file) check("/pictures", file);
    else if (text) checkText(text, "text");
  });
  addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files].find(isPicture);
    const text = event.clipboardData.getData("text/plain");
    if (!file && document.activeElement === element("text")) return;
    event.preventDefault();
    if (file) check("/pictures", file);
    else if (text) checkText(text, "text");
  });
  element("picture").addEventListener("click", () => element("file").click());
  element("file").addEventListener("change", () => {
    const [file] = element("file").files;
    if (file) check("/pictures", file);
    element("file").value = "";
  });
}

function prepareText() {
  element("check-text").addEventListener("click", () => {
    const text = element("text").value;
    element("text").value = "";
    if (text.trim()) checkText(text, "text");
  });
}

const camera = new Camera({
  shownNumber: () => shownNumber() ?? dismissed,
  onSeen: (answer, took) => {
    if (answer.tone) {
      element("verdict").dataset.took = Math.round(took);
      show(answer);
    } else if (answer.number !== null && answer.number === shownNumber()) keep();
  },
});

element("done").addEventListener("click", takeOff);
addEventListener("keydown", (event) => { if (event.key === "Escape") takeOff(); });
function takeOff() {
  dismissed = shownNumber();
  done();
}
whenDone(() => { if (mustAsk && !isAsking()) startChallenge().catch(() => {}); });

prepareSound();
prepareDropping();
prepareText();
prepareTyping((text, keys) => checkText(text, "scanner", keys));
prepareChallenge((told) => { done(); showSituation(told); });
if (mustAsk && element("profile")) startChallenge().catch(() => {});
if (gate) camera.startAndStay();
watch();
document.body.dataset.running = "yes";
