"use strict";
// Asks every two seconds whether the resident has decided, and leads back to the wallet.
const page = document.querySelector("main");
const words = document.getElementById("words");
const left = document.getElementById("left");
const ends = Date.now() + Number(page.dataset.seconds) * 1000;
const place = `authorize/${page.dataset.id}`;
let over = false;
let asking = false;

function say(name) {
  words.textContent = page.dataset[name];
}

function finish(name, style) {
  over = true;
  say(name);
  left.textContent = "";
  page.classList.add(style);
}

async function look() {
  if (over || asking) return;
  asking = true;
  try {
    const answer = await fetch(`${place}/state`, { cache: "no-store", credentials: "same-origin" });
    const state = answer.ok ? (await answer.json()).state : answer.status >= 500 ? "offline" : "over";
    if (state === "ready") {
      finish("ready", "done");
      location.replace(`${place}/continue`);
      document.getElementById("back").hidden = false; // an app's address may need a tap
    } else if (state === "over") {
      finish("over", "late");
      document.getElementById("back").hidden = false;
    } else {
      say(state);
    }
  } catch {
    say("offline");
  }
  asking = false;
}

function tick() {
  if (over) return;
  const seconds = Math.max(0, Math.round((ends - Date.now()) / 1000));
  left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

setInterval(look, 2000);
setInterval(tick, 1000);
document.addEventListener("visibilitychange", look); // back from the app on the same device
tick();
