// Shows one prepared code at a time; a live one is signed anew every 15 seconds, as on a phone.

const RENEW_MS = 15_000;
const element = (id) => document.getElementById(id);
const cases = await (await fetch("/cases.json")).json();
const ten = cases.filter((one) => !one.extra).length;

let at = Math.max(0, cases.findIndex((one) => `#${one.key}` === location.hash));
let shown = { text: null };
let signedAt = 0;
let turn = 0;

async function renew() {
  const mine = ++turn;
  const one = cases[at];
  const answer = await (await fetch(`/codes/${one.key}.json`)).json();
  if (mine !== turn) return;
  shown = answer;
  signedAt = performance.now();
  const waiting = answer.text === "";
  element("ask").hidden = !waiting;
  element("code").hidden = waiting;
  element("code").innerHTML = answer.svg;
  element("code").dataset.key = waiting ? "" : one.key;
  element("other").hidden = waiting || !one.asks;
}

function show() {
  const one = cases[at];
  location.replace(`#${one.key}`);
  element("place").textContent = at < ten ? `${at + 1} / ${ten}` : `+ ${at - ten + 1}`;
  element("reveal").open = false;
  element("said").textContent = element("wrong").textContent = "";
  for (const language of ["id", "en"]) {
    element(`name-${language}`).textContent = one.name[language];
    element(`word-${language}`).textContent = one.word[language];
    element(`next-${language}`).textContent = one.next[language];
  }
  element("before").hidden = !one.before;
  if (one.before) {
    element("before").textContent =
      `Sebelum sync / Before the sync: ${one.before.id} / ${one.before.en}`;
  }
  element("code").dataset.key = "";
  renew();
}

function go(step) {
  at = (at + step + cases.length) % cases.length;
  show();
}

async function take(question) {
  element("code").dataset.key = "";
  const answer = await fetch("/question", { method: "POST", body: question });
  element("wrong").textContent = answer.ok ? ""
    : "Itu bukan tantangan meja. / That is no desk's challenge.";
  if (answer.ok) renew();
}

async function copy(make, done) {
  try {
    await make();
    element("said").textContent = done;
  } catch (problem) {
    element("said").textContent = String(problem);
  }
}

element("back").addEventListener("click", () => go(-1));
element("on").addEventListener("click", () => go(1));
element("choose").addEventListener("click", () => element("file").click());
element("file").addEventListener("change", () => take(element("file").files[0]));
element("other").addEventListener("click", async () => {
  await fetch("/question", { method: "DELETE" });
  renew();
});
element("text").addEventListener("change", () => take(element("text").value));
element("ask").addEventListener("submit", (event) => event.preventDefault());
element("copy-text").addEventListener("click", () => copy(
  () => navigator.clipboard.writeText(shown.text ?? ""),
  "Disalin: tempel di meja. / Copied: paste it at the desk.",
));
element("copy-picture").addEventListener("click", () => copy(async () => {
  const picture = await (await fetch(`/codes/${cases[at].key}.png`)).blob();
  await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
}, "Disalin: tempel di meja. / Copied: paste it at the desk."));
addEventListener("keydown", (event) => {
  if (event.target.id === "text") return;
  if (event.key === "ArrowRight") go(1);
  if (event.key === "ArrowLeft") go(-1);
  if (event.key === "?") element("reveal").open = !element("reveal").open;
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (cases[at].asks && event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
});
addEventListener("paste", (event) => {
  if (!cases[at].asks || event.target.id === "text") return;
  take(event.clipboardData.files[0] ?? event.clipboardData.getData("text/plain"));
});
setInterval(() => {
  const passed = performance.now() - signedAt;
  element("life").style.width = cases[at].live ? `${Math.max(0, 100 - passed / 150)}%` : "0";
  if (cases[at].live && shown.text !== "" && passed > RENEW_MS) renew();
}, 250);
show();
