// The operator's own passkeys: which there are, and adding one.

import { post, say, texts } from "./calls.js";
import { prepare } from "./dialogs.js";
import { address, isPossible, makePasskey, rememberUse } from "./webauthn.js";

const element = (id) => document.getElementById(id);

const day = (time) =>
  new Date(time).toLocaleDateString(document.documentElement.lang, { dateStyle: "medium" });

function item(passkey) {
  const row = document.createElement("li");
  const name = document.createElement("strong");
  const more = document.createElement("span");
  name.textContent = passkey.name;
  const used = passkey.last_used_at;
  more.textContent = [
    texts.passkeys_added.replace("{time}", day(passkey.created_at)),
    used ? texts.passkeys_used.replace("{time}", day(used)) : texts.passkeys_unused,
  ].join(" · ");
  row.append(name, more);
  return row;
}

async function load() {
  const response = await fetch("/console/passkeys", { cache: "no-store" });
  if (!response.ok) return null;
  const held = await response.json();
  element("passkeys-list").replaceChildren(...held.passkeys.map(item));
  element("passkeys-none").hidden = held.passkeys.length > 0;
  const missing = held.demanded && !held.passkeys.length;
  say(element("banner-passkey"), missing ? texts.passkeys_demanded : "");
  element("passkey-invitation").hidden = held.passkeys.length > 0;
  return held;
}

/** Prepare the dialog; `onDone(text)` is called when a passkey was added. */
export function passkeyDialog({ onDone, onOver, onClose }) {
  const dialog = element("passkeys");
  const name = element("passkey-name");
  const password = element("passkey-password");
  const submit = dialog.querySelector("button[type=submit]");
  prepare(
    dialog,
    async (problem) => {
      const empty = [name, password].find((input) => !input.value.trim());
      if (empty) {
        say(problem, texts.passkeys_missing);
        empty.focus();
        return;
      }
      const question = await post("/passkeys/challenge", { password: password.value });
      const made = await makePasskey(question);
      const given = name.value.trim();
      await post("/passkeys", { ...made, name: given });
      rememberUse();
      await load();
      dialog.close();
      onDone(texts.passkeys_done.replace("{name}", given));
    },
    onOver,
  );
  const possible = isPossible();
  element("passkeys-add").hidden = submit.hidden = !possible;
  element("passkeys-here").hidden = possible;
  element("passkeys-address").href = element("passkeys-address").textContent = address();
  dialog.addEventListener("close", onClose);
  for (const opener of ["open-passkeys", "add-passkey"]) {
    element(opener).addEventListener("click", () => {
      dialog.showModal();
      load().catch(() => {});
    });
  }
  load().catch(() => {}); // only to say that one is missing: asked again when the dialog opens
}
