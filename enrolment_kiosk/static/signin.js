// The operator's sign-in.

import { leave, post, say, texts } from "./calls.js";

const form = document.getElementById("signin");
const problem = document.getElementById("problem");
const button = form.querySelector("button");

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

// Only now does anybody listen: the page comes with its fields closed.
document.getElementById("fields").disabled = false;
form.elements.username.focus();
