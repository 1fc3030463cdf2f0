// Talks to this computer's desk program, and to nobody else.

const token = document.querySelector("meta[name=token]").content;
export const texts = JSON.parse(document.getElementById("texts").textContent);
export const element = (id) => document.getElementById(id);

export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** Send and return the JSON answer; throws Refused, or TypeError when nobody answers. */
export async function send(path, body, headers = {}) {
  const isText = typeof body === "object" && !(body instanceof Blob);
  const response = await fetch(path, {
    method: "POST",
    headers: {
      "Desk-Token": token,
      "Content-Type": isText ? "application/json" : body.type || "application/octet-stream",
      ...headers,
    },
    body: isText ? JSON.stringify(body) : body,
  }).catch(lost);
  const answer = await response.json().catch(() => ({}));
  element("disconnected").hidden = true;
  if (response.status === 403) location.reload(); // the program was started anew
  if (!response.ok) throw new Refused(response.status, answer.error ?? "");
  return answer;
}

/** Ask for the situation. */
export async function ask(path) {
  const response = await fetch(path, { cache: "no-store" }).catch(lost);
  if (!response.ok) throw new Refused(response.status, "");
  element("disconnected").hidden = true;
  return response.json();
}

function lost(problem) {
  element("disconnected").hidden = false;
  throw problem;
}
