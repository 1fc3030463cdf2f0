// The desk's own question, as a code that the holder's phone scans, and the time for its answer.

import { element, send, texts } from "./talk.js";

let endsAt = 0; // on the page's own steady clock
let text = null;
let onChange = () => {};

export const isAsking = () => text !== null;

/** Show what the program says is asked, or that nothing is. */
export function showChallenge(asked) {
  if (!asked) {
    text = null;
    element("challenge").hidden = true;
    element("challenge-qr").replaceChildren();
    delete document.body.dataset.asking;
    return;
  }
  endsAt = performance.now() + asked.seconds_left * 1000;
  if (text !== asked.text) draw(asked);
  text = asked.text;
  document.body.dataset.asking = "yes";
  element("challenge").hidden = false;
  tick();
}

function draw(asked) {
  const drawing = new DOMParser().parseFromString(asked.svg, "image/svg+xml").documentElement;
  element("challenge-qr").replaceChildren(document.importNode(drawing, true));
  element("challenge-name").textContent = asked.name;
  element("challenge-purpose").textContent = asked.purpose;
  element("challenge-for").textContent = asked.asked_for;
}

function tick() {
  if (!isAsking()) return;
  const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
  element("challenge").classList.toggle("over", left === 0);
  element("challenge-left").textContent =
    left ? texts.challenge_left.replace("{n}", left) : texts.challenge_over;
}

export async function startChallenge() {
  const told = await send("/challenge", { profile: element("profile")?.value ?? "" });
  onChange(told);
}

export function prepareChallenge(changed) {
  onChange = changed;
  element("challenge-start")?.addEventListener("click", startChallenge);
  element("ask-now").addEventListener("click", startChallenge);
  element("challenge-new").addEventListener("click", startChallenge);
  element("challenge-end")?.addEventListener("click", async () => {
    onChange(await send("/challenge/end", {}));
  });
  setInterval(tick, 500);
}
