// The two questions that interrupt: why an activation is refused, and which NIK is blocked.

import { decide, say, texts } from "./calls.js";

/** Let a dialog's form call `submit(problem)`, say refusals, and start empty the next time. */
export function prepare(dialog, submit, onOver) {
  const problem = dialog.querySelector(".problem");
  const button = dialog.querySelector("button[type=submit]");
  dialog.querySelector(".cancel").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    say(problem, "");
    button.disabled = true;
    try {
      await submit(problem);
    } catch (refusal) {
      if (refusal.isOver) onOver(refusal);
      else say(problem, refusal.text);
    } finally {
      button.disabled = false;
    }
  });
  dialog.addEventListener("close", () => {
    dialog.querySelector("form").reset();
    say(problem, "");
  });
}

/** Returns `open(row)`; `onDone(row)` is called when it is refused. */
export function refuseDialog({ onDone, onOver, onClose }) {
  const dialog = document.getElementById("refuse");
  const who = document.getElementById("refuse-who");
  let row = null;
  prepare(
    dialog,
    async (problem) => {
      const refused = row;
      const reason = dialog.querySelector("input[name=reason]:checked")?.value;
      if (!reason) {
        // None is chosen beforehand: a hasty Enter must not accuse anybody.
        say(problem, texts.refuse_reason_needed);
        dialog.querySelector("input[name=reason]").focus();
        return;
      }
      await decide(`/queue/${encodeURIComponent(refused.id)}/refuse`, { reason });
      dialog.close();
      onDone(refused);
    },
    onOver,
  );
  dialog.addEventListener("close", () => {
    row = null;
    who.textContent = "";
    onClose();
  });
  return {
    open(asked) {
      row = asked;
      who.textContent = asked.name;
      dialog.showModal();
    },
    /** The resident is gone: so is the question. */
    keepOnly(ids) {
      if (row && !ids.has(row.id)) dialog.close();
    },
  };
}

export function blockDialog({ onDone, onOver, onClose }) {
  const dialog = document.getElementById("block");
  const nik = document.getElementById("block-nik");
  nik.addEventListener("input", () => {
    const digits = nik.value.replace(/\D/g, "").slice(0, 16);
    if (digits !== nik.value) nik.value = digits;
  });
  prepare(
    dialog,
    async (problem) => {
      if (nik.value.length !== 16) {
        say(problem, texts.block_nik_short);
        nik.focus();
        return;
      }
      const reason = dialog.querySelector("input[name=block-reason]:checked").value;
      await decide("/blocks", { nik: nik.value, reason });
      dialog.close();
      onDone();
    },
    onOver,
  );
  dialog.addEventListener("close", onClose);
  document.getElementById("open-block").addEventListener("click", () => dialog.showModal());
}
