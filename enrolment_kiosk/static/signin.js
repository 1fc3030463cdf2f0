// The operator's sign-in: by passkey with one button, or by password and code.

import { leave, post, say, texts } from "./calls.js";
import { address, hasBeenUsed, isPossible, rememberUse, usePasskey } from "./webauthn.js";

const element = (id) => document.getElementById(id);
const form = element("signin");
const problem = element("problem");
const button = form.querySelector("button");
const passkeyButton = element("use-passkey");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const empty = [...form.querySelectorAll("input")].find((input) => !input.value.trim());
  if (empty) {
    empty.focus();
    return;
  }
  const label = button.textContent;
  button.disabled = true;
  button.textContent = texts.signin_busy;
  say(problem, "");
  try {
    await post("/session", {
      username: form.elements.username.value,
      password: form.elements.password.value,
      totp: form.elements.totp.value,
    });
    form.reset();
    leave();
  } catch (refusal) {
    say(problem, refusal.text);
    form.elements.totp.value = "";
    form.elements.password.select();
    form.elements.password.focus();
  } finally {
    button.disabled = false;
    button.textContent = label;
  }
});

passkeyButton.addEventListener("click", async () => {
  passkeyButton.disabled = true;
  say(element("use-passkey-text"), texts.signin_passkey_busy);
  say(element("passkey-problem"), "");
  try {
    const proof = await usePasskey(await post("/session/passkey/challenge", {}));
    await post("/session/passkey", proof);
    form.reset();
    rememberUse();
    leave();
  } catch (refusal) {
    say(element("passkey-problem"), refusal.text);
  } finally {
    passkeyButton.disabled = false;
    say(element("use-passkey-text"), texts.signin_passkey);
    passkeyButton.focus();
  }
});

function showPassword() {
  element("signin-page").dataset.way = "password";
  element("use-password").hidden = true;
  element("or").hidden = false;
  form.hidden = false;
  form.elements.username.focus();
}

/** Where a passkey was used once, that one button comes first; the password is a step away. */
function showPasskeyFirst() {
  element("signin-page").dataset.way = "passkey";
  element("use-password").hidden = false;
  element("or").hidden = true;
  form.hidden = true;
  passkeyButton.focus();
}

// Only now does anybody listen: the page comes with its fields closed.
element("fields").disabled = false;
element("use-password").addEventListener("click", showPassword);
element("passkey-way").hidden = !isPossible();
element("passkey-elsewhere").hidden = isPossible() || !window.PublicKeyCredential;
element("passkey-address").href = element("passkey-address").textContent = address();
if (isPossible() && hasBeenUsed()) showPasskeyFirst();
else form.elements.username.focus();
