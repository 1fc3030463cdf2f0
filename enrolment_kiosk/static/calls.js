// Calls to this PC's kiosk program, and its texts.

export const texts = JSON.parse(document.getElementById("texts").textContent);
const csrf = document.querySelector('meta[name="csrf"]').content;
const TIMEOUT_MS = 20000;

const asSentence = (text) => (/[.!?…]$/.test(text) ? text : text + ".");

/** A refusal: `code`, texts for people, and whether the call may have been lost on its way. */
export class Refusal extends Error {
  constructor(problem, status) {
    super(problem.code);
    this.code = problem.code;
    this.problem = problem;
    this.text = [problem.title, problem.detail].filter(Boolean).map(asSentence).join(" ");
    this.isOver = status === 401;
    this.isUncertain = status >= 500;
  }
}

const lost = () => new Refusal({ code: "LOST", title: texts.status_lost }, 599);

export async function post(path, body) {
  let response;
  let answer;
  try {
    response = await fetch("/console" + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Kiosk-Csrf": csrf },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = await response.json();
  } catch {
    throw lost();
  }
  if (!response.ok) throw new Refusal(answer, response.status);
  return answer;
}

/** Keys that stay the same while one decision is repeated after a broken connection. */
export class Attempts {
  #last = "";
  #key = "";

  keyFor(path, body) {
    const decision = path + JSON.stringify(body);
    if (decision !== this.#last) {
      this.#last = decision;
      this.#key = crypto.randomUUID();
    }
    return this.#key;
  }

  settle() {
    this.#last = "";
  }
}

const attempts = new Attempts();

/** Post a decision: repeated with the same key as long as nobody knows whether it arrived. */
export async function decide(path, body) {
  const attempt = attempts.keyFor(path, body);
  try {
    const answer = await post(path, { ...body, attempt });
    attempts.settle();
    return answer;
  } catch (refusal) {
    if (!refusal.isUncertain) attempts.settle();
    throw refusal;
  }
}

export function leave(code) {
  location.replace("/console" + (code ? "?why=" + encodeURIComponent(code) : ""));
}

export function say(place, text) {
  place.hidden = !text;
  if (place.textContent !== (text || "")) place.textContent = text || "";
}
