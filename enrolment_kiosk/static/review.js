// A face that the machine left to officers: why, what to do, and the officer's own reason.

import { say, texts } from "./calls.js";

const element = (id) => document.getElementById(id);
const approvals = element("approvals");
const DOCUMENTS = "documents_checked";
const TASKS = new Map([
  ["photo,selfie", texts.review_both],
  ["photo", texts.review_photo],
  ["selfie", texts.review_selfie],
  ["", texts.review_none],
]);

const choices = () => [...approvals.querySelectorAll("input")];

/** The officer's reason, or null. */
export const chosenReason = () => approvals.querySelector("input:checked")?.value ?? null;

export function clearReview() {
  for (const choice of choices()) choice.checked = false;
  element("reasons").replaceChildren();
}

export function focusReasons() {
  (approvals.querySelector("input:checked") ?? choices().find((choice) => !choice.disabled)).focus();
}

/** Say what there is to decide; nothing where the machine has accepted the face. */
export function showReview(row, pictures) {
  element("person").dataset.review = row.mine ? "over" : row.officer ? "open" : "none";
  for (const id of ["review", "approvals"]) element(id).hidden = !row.officer || row.mine;
  element("two-officers").hidden = !row.no_match || row.second;
  const asSecond = row.officer ? texts.review_second : texts.person_second_more;
  say(element("second-text"), row.mine ? texts.person_second_mine : asSecond);
  element("review").classList.toggle("grave", row.no_match);
  if (!row.officer || row.mine) return;
  showReasons(row.reasons);
  const there = [pictures.hasPhoto && "photo", pictures.hasSelfie && "selfie"].filter(Boolean);
  say(element("review-task"), TASKS.get(there.join()));
  say(element("selfie-caption"), caption(row.taken_at));
  for (const choice of choices()) {
    // Without the registry's photo nothing but documents shows who somebody is.
    const fits = pictures.hasPhoto || choice.value === DOCUMENTS;
    choice.disabled = choice.parentElement.hidden = !fits;
    if (!fits) choice.checked = false;
  }
}

function showReasons(codes) {
  const sentences = [...new Set(codes.map((code) => texts["reason_" + code] ?? texts.reason_OTHER))];
  const list = element("reasons");
  if (sentences.join("\n") === [...list.children].map((item) => item.textContent).join("\n")) return;
  list.replaceChildren(
    ...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }),
  );
}

function caption(takenAt) {
  if (!takenAt) return texts.person_selfie;
  const form = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const time = new Date(takenAt).toLocaleString(document.documentElement.lang, form);
  return texts.person_selfie_at.replace("{time}", time);
}
