// Each tone has its own sound, so that an officer who looks at the person hears the verdict.

import { element, texts } from "./talk.js";

// [frequency in Hz, start and length in seconds, wave]
const SOUNDS = {
  good: [[660, 0, 0.12, "sine"], [990, 0.13, 0.22, "sine"]],
  care: [[620, 0, 0.14, "triangle"], [620, 0.2, 0.14, "triangle"]],
  stop: [[220, 0, 0.28, "square"], [160, 0.32, 0.45, "square"]],
  again: [[440, 0, 0.16, "sine"], [350, 0.18, 0.2, "sine"]],
  device: [[300, 0, 0.1, "triangle"], [300, 0.16, 0.1, "triangle"], [300, 0.32, 0.1, "triangle"]],
};
const LOUDNESS = 0.25;
const KEY = "desk-sound";

let context = null;
let wanted = localStorage.getItem(KEY) !== "off";

/** Browsers give sound only after a touch or a key: take the first one. */
function wake() {
  if (!context) {
    context = new AudioContext();
    context.addEventListener("statechange", show); // it may take a busy computer a while
  }
  if (context.state === "suspended") context.resume().then(show, show);
  show();
}

function show() {
  const button = element("sound");
  const audible = context?.state === "running";
  button.textContent = !wanted ? texts.sound_off : audible ? texts.sound_on : texts.sound_waiting;
  button.setAttribute("aria-pressed", String(wanted));
}

export function play(tone) {
  if (!wanted) return;
  wake();
  if (context.state !== "running") return;
  for (const [frequency, start, length, wave] of SOUNDS[tone]) {
    const at = context.currentTime + start;
    const loudness = context.createGain();
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(LOUDNESS, at + 0.012);
    loudness.gain.setValueAtTime(LOUDNESS, at + length - 0.03);
    loudness.gain.linearRampToValueAtTime(0, at + length);
    const voice = new OscillatorNode(context, { type: wave, frequency });
    voice.connect(loudness).connect(context.destination);
    voice.start(at);
    voice.stop(at + length);
  }
}

export function prepareSound() {
  element("sound").addEventListener("click", () => {
    wanted = !wanted;
    localStorage.setItem(KEY, wanted ? "on" : "off");
    wake();
    if (wanted) play("good");
    show();
  });
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wake, { once: true });
  show();
}
