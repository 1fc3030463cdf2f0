// Asks this PC's kiosk program for the frame of the moment and shows it. It survives the program's
// restart: the last frame stays until it is worth nothing, and the page asks on.

const RETRY_MS = 1000;
const ASK_AT_MOST_MS = 1000; // banners and a closed counter are noticed within a second
const TIMEOUT_MS = 3000;

const element = (id) => document.getElementById(id);
let shown = null; // { seq, period, endsAt } on the page's own steady clock

function setBoth(place, values) {
  for (const language of ["id", "en"]) {
    const text = place.dataset[language].replace("{n}", values);
    const span = place.querySelector("." + language);
    if (span.textContent !== text) span.textContent = text;
  }
}

function showFrame(answer, arrivedAt) {
  if (!shown || shown.seq !== answer.seq) {
    const drawing = new DOMParser().parseFromString(answer.svg, "image/svg+xml").documentElement;
    if (drawing.nodeName !== "svg") throw new Error("no drawing");
    element("qr").replaceChildren(document.importNode(drawing, true));
    element("qr").dataset.seq = answer.seq;
  }
  shown = { seq: answer.seq, period: answer.period, endsAt: arrivedAt + answer.seconds_left * 1000 };
}

function showStatus(answer) {
  element("office").textContent = answer.office;
  element("counter").textContent = answer.counter;
  element("offline").hidden = answer.online;
  element("unchecked").hidden = answer.clock_checked;
  element("drift").hidden = answer.drift === null;
  if (answer.drift !== null) setBoth(element("drift"), Math.abs(answer.drift));
}

async function ask() {
  let wait = RETRY_MS;
  try {
    const response = await fetch("/display/frame", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const arrivedAt = performance.now();
    const answer = await response.json();
    if (!response.ok) throw new Error("no answer");
    showStatus(answer);
    if (answer.open) {
      showFrame(answer, arrivedAt);
      document.body.dataset.view = "open";
      wait = Math.min(ASK_AT_MOST_MS, Math.max(30, shown.endsAt - performance.now() + 20));
    } else {
      shown = null;
      element("qr").replaceChildren();
      document.body.dataset.view = "closed";
    }
  } catch {
    // A phone may still use a frame for one more period after its turn; then it is worthless.
    if (document.body.dataset.view !== "closed" || shown) {
      const worthless = !shown || performance.now() > shown.endsAt + shown.period * 500;
      if (worthless) {
        shown = null;
        element("qr").replaceChildren();
        document.body.dataset.view = "broken";
      }
    }
  }
  setTimeout(ask, wait);
}

function tick() {
  if (shown) {
    const left = Math.max(0, (shown.endsAt - performance.now()) / 1000);
    element("ring").style.strokeDashoffset = String(100 * (1 - left / shown.period));
    setBoth(element("next"), Math.ceil(left));
  }
}

async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // The PC's own power settings decide then.
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") stayAwake();
});
stayAwake();
setInterval(tick, matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 100);
ask();
