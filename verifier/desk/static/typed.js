// A scanner that acts as a keyboard types into whatever has the focus. What it types is taken from
// the whole page, as soon as it looks like one: a prefix of ours, or keys faster than fingers.

import { element } from "./talk.js";

const PAUSE_MS = 1500; // a scanner does not stop to think; a busy computer may
const FAST_MS = 35; // between keys, on the average: nobody types so fast for so long
const LEAST = 8;
const FULL = 60; // a scanner without Enter at the end: so much, and then a pause
const PREFIX = /^i[ds][1s!&].?/i;

// The keys of a US keyboard, whatever layout the computer believes in: [alone, with Shift].
const KEYS = { Semicolon: [";", ":"], Minus: ["-", "_"], Equal: ["=", "+"], Slash: ["/", "?"],
  Period: [".", ">"], Comma: [",", "<"], Space: [" ", " "], NumpadAdd: ["+", "+"],
  NumpadSubtract: ["-", "-"], NumpadMultiply: ["*", "*"], NumpadDivide: ["/", "/"],
  NumpadDecimal: [".", "."] };
const SHIFTED_DIGITS = ")!@#$%^&*(";

let typed = "";
let keys = "";
let began = 0;
let last = 0;
let timer = 0;

function usKey(event) {
  const [, kind, name] = /^(Key|Digit|Numpad)(\w)$/.exec(event.code) ?? [];
  if (kind === "Key") return name; // the alphabet has no lower case
  if (kind === "Digit") return event.shiftKey ? SHIFTED_DIGITS[Number(name)] : name;
  if (kind === "Numpad") return name;
  return KEYS[event.code]?.[event.shiftKey ? 1 : 0] ?? "";
}

const looksScanned = () =>
  typed.length >= 3 && (PREFIX.test(typed) || PREFIX.test(keys) || isFast());
const isFast = () => typed.length >= LEAST && (last - began) / (typed.length - 1) < FAST_MS;

export function prepareTyping(onText) {
  function finish() {
    const [text, pressed, scanned] = [typed, keys, looksScanned() && typed.length >= LEAST];
    typed = keys = "";
    clearTimeout(timer);
    if (scanned) {
      if (document.activeElement === element("text")) element("text").value = "";
      onText(text, pressed);
    }
    return scanned;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && !event.altKey || event.metaKey || event.isComposing) return;
    const now = performance.now();
    if (now - last > PAUSE_MS) typed = keys = "";
    if (event.key === "Enter" || event.key === "Tab") {
      if (typed && looksScanned() && finish()) event.preventDefault();
      typed = keys = "";
      return;
    }
    const character = event.key.length === 1 ? event.key : "";
    const pressed = usKey(event);
    if (!character && !pressed) return; // Shift, arrows, Escape
    if (!typed && !keys) began = now;
    if (looksScanned()) event.preventDefault(); // no button is to be pressed by a space in a code
    typed += character;
    keys += pressed;
    last = now;
    clearTimeout(timer);
    timer = setTimeout(() => (typed.length >= FULL ? finish() : (typed = keys = "")), PAUSE_MS);
  }, true);
}
