// How long residents wait: in words, with a mark of its own for each stage, never colour alone.

import { say, texts } from "./calls.js";

const LONG = 180; // seconds after which somebody has waited long
const ALMOST = 120; // seconds before the time is over

export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = `${seconds % 60} ${texts.unit_seconds}`;
  return minutes ? `${minutes} ${texts.unit_minutes} ${rest}` : rest;
}

/** "over" when the time is almost gone, "long", or "new". */
export function stage({ waited, left }) {
  if (left !== null && left <= ALMOST) return "over";
  return waited >= LONG ? "long" : "new";
}

/** Put the stage's word and mark into a place. */
export function showStage(place, row) {
  const now = stage(row);
  place.dataset.stage = now;
  say(place, texts["wait_" + now]);
}

/** The row as it is `passed` seconds after it was received. */
export const aged = (row, passed) => ({
  ...row,
  waited: row.waited + passed,
  left: row.left === null ? null : Math.max(0, row.left - passed),
});

/** How many wait, and how long the longest has. */
export function summary(rows) {
  const longest = Math.max(...rows.map((row) => row.waited));
  const count = texts.queue_count.replace("{n}", rows.length);
  return `${count} · ${texts.queue_longest.replace("{time}", duration(longest))}`;
}
