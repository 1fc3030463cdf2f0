// The page's one script: starts a request, follows it, shows how it ended. Nothing is kept.
const body = document.body;
const texts = JSON.parse(document.getElementById("texts").textContent);
const home = body.dataset.home;
const POLL_MS = 1500;
let current = null; // {id, flow, ends, seconds}
let timer = 0;

const find = (id) => document.getElementById(id);

function tell(text) {
  if (find("told").textContent !== text) find("told").textContent = text;
}

function show(view, { focus = true } = {}) {
  body.dataset.view = view;
  for (const one of document.querySelectorAll("[data-of]")) one.hidden = one.dataset.of !== view;
  const heading = document.querySelector(`[data-of="${view}"] h2`);
  if (heading && focus) heading.focus();
}

async function call(path, sent) {
  const options = sent === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(sent),
  };
  const answer = await fetch(home + path, { cache: "no-store", credentials: "same-origin", ...options });
  const document_ = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(document_.code), { code: document_.code });
  return document_;
}

async function start(flow, button) {
  button.disabled = true;
  try {
    const started = await call("requests", { flow, check: body.dataset.check });
    current = { id: started.id, flow, seconds: started.seconds, ends: Date.now() + started.seconds * 1000 };
    if (flow === "cross_device") {
      const drawn = new DOMParser().parseFromString(started.svg, "image/svg+xml").documentElement;
      find("qr").replaceChildren(document.importNode(drawn, true));
      stand("waiting");
      show("code");
    } else {
      find("reopen").href = started.link;
      show("wait");
      location.href = started.link;
    }
    follow();
    count();
  } catch {
    show("trouble");
  } finally {
    button.disabled = false;
  }
}

function stand(standing) {
  if (body.dataset.standing === standing) return;
  body.dataset.standing = standing;
  const text = texts[standing];
  find("standing").textContent = text;
  tell(text);
}

function count() {
  if (!current) return;
  const left = Math.max(0, Math.ceil((current.ends - Date.now()) / 1000));
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  find("left").textContent = texts.left.replace("{time}", time);
  find("bar").style.transform = `scaleX(${left / current.seconds})`;
  setTimeout(count, 1000);
}

async function follow() {
  clearTimeout(timer);
  if (!current) return;
  const followed = current;
  try {
    const standing = await call(`requests/${followed.id}`);
    if (followed !== current) return;
    if (standing.state === "waiting" || standing.state === "fetched") {
      if (current.flow === "cross_device") stand(standing.state);
    } else {
      current = null;
      await end(followed, standing);
      return;
    }
  } catch (problem) {
    if (problem.code === "REQUEST_UNKNOWN") {
      current = null;
      show("expired");
      return;
    }
    tell(texts.offline);
  }
  timer = setTimeout(follow, POLL_MS);
}

async function end(followed, standing) {
  if (standing.state === "verified" && standing.response_code) {
    await redeem(followed.id, standing.response_code);
  } else if (standing.state === "verified") {
    show(followed.flow === "same_device" ? "other_tab" : "released");
  } else if (standing.state === "refused") {
    find("why").textContent = standing.why;
    find("code").textContent = standing.code;
    show("refused");
  } else {
    show(standing.state);
  }
}

async function redeem(id, code) {
  try {
    fill(await call(`requests/${id}/result`, { response_code: code }));
    show("verified");
  } catch (problem) {
    const views = { ALREADY_RELEASED: "released", REQUEST_UNKNOWN: "unknown", NOT_VERIFIED: "unknown" };
    show(views[problem.code] ?? "trouble");
  }
}

function fill(result) {
  find("verified-more").textContent = texts.verified_more.replace("{document}", result.document);
  find("unknown-status").hidden = result.status !== "unknown";
  find("issuer").textContent = result.issuer;
  find("checked").textContent = result.status_as_of
    ? new Date(result.status_as_of * 1000).toLocaleString(document.documentElement.lang === "id" ? "id-ID" : "en-GB", { dateStyle: "long", timeStyle: "short" })
    : "–";
  find("picture").hidden = !result.picture;
  if (result.picture) find("picture").src = result.picture;
  find("rows").replaceChildren(...result.rows.map(({ label, value }) => {
    const row = document.createElement("div");
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = label;
    text.textContent = value;
    row.append(term, text);
    return row;
  }));
}

// Nobody has decoded the picture yet: one that cannot be shown is no reason for a broken frame.
find("picture").addEventListener("error", (event) => { event.currentTarget.hidden = true; });

function restart() {
  current = null;
  clearTimeout(timer);
  delete body.dataset.standing;
  if (!find("here")) {
    location.href = home;
    return;
  }
  show("intro");
  (find("show") ?? find("here")).focus();
}

find("show")?.addEventListener("click", (event) => start("cross_device", event.currentTarget));
find("here")?.addEventListener("click", (event) => start("same_device", event.currentTarget));
for (const button of document.querySelectorAll('[data-do="restart"]')) button.addEventListener("click", restart);

if (body.dataset.view === "returned") {
  // The code is good for one use; it need not stay in the address bar or the history.
  history.replaceState(null, "", location.pathname);
  redeem(body.dataset.request, body.dataset.code);
}
