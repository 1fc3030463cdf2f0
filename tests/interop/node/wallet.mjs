#!/usr/bin/env node
// A wallet of somebody else, on the command line: oid4vc-ts, @sd-jwt/* and @owf/mdoc do the work.
// It keeps credentials and their keys in a plain file: for trying, not for using.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generateKey } from "./keys.mjs";

const USAGE = `usage: wallet.mjs [OPTIONS] COMMAND
  accept OFFER [--tx-code 1234] [--copies 10] [--bearer] [--no-notice]   take what an issuer offers
  renew [--copies 10]                                         new credentials with the refresh token
  list                                                        what is held
  status                                                      ask the status lists
  present REQUEST [--post] [--tamper]                         answer a relying party
options: --wallet FILE, --root FILE.pem, --verifier-root FILE.pem, --json
`;
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const STATUSES = ["valid", "revoked", "suspended"];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    wallet: { type: "string", default: resolve(ROOT, "var/interop/wallet.json") },
    root: { type: "string" },
    "verifier-root": { type: "string" },
    json: { type: "boolean", default: false },
    "tx-code": { type: "string" },
    copies: { type: "string", default: "1" },
    bearer: { type: "boolean", default: false },
    "no-notice": { type: "boolean", default: false },
    post: { type: "boolean", default: false },
    tamper: { type: "boolean", default: false },
  },
});
const say = (text) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
const tell = (result) => options.json && process.stdout.write(`${JSON.stringify(result)}\n`);

function load() {
  if (existsSync(options.wallet)) return JSON.parse(readFileSync(options.wallet, "utf8"));
  return { dpopKey: generateKey(), credentials: [], refresh: null };
}

function save(wallet) {
  mkdirSync(dirname(options.wallet), { recursive: true });
  writeFileSync(options.wallet, `${JSON.stringify(wallet, null, 1)}\n`, { mode: 0o600 });
}

// Certificates in DER of a PEM file; of one that `make run` has made when none is named. Without
// any, whoever signs is taken at his word, and `seen` says so.
function roots(named, usual) {
  const path = named ?? resolve(ROOT, usual);
  if (!named && !existsSync(path)) return [];
  const blocks = readFileSync(path, "utf8").matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g);
  return [...blocks].map(([, text]) => new Uint8Array(Buffer.from(text, "base64")));
}
const anchors = () => roots(options.root, "var/run/bank/issuer-root.pem");
const verifiers = () => roots(options["verifier-root"], "var/run/bank/root.pem");

const taking = (wallet) => ({
  anchors: anchors(),
  dpopKey: options.bearer ? undefined : wallet.dpopKey,
  copies: Number(options.copies),
  notify: options["no-notice"] ? undefined : "credential_accepted",
  txCode: options["tx-code"],
  say,
});

function describe({ format, type, shows }) {
  const names = Object.entries(shows).flatMap(([name, value]) =>
    format === "mso_mdoc" ? Object.keys(value) : [name],
  );
  return `${format}  ${type}  ${names.length} claims`;
}

// Says each line once, with how many there are of it.
function count(before, lines) {
  for (const line of new Set(lines))
    say(`${before}${lines.filter((other) => other === line).length} × ${line}`);
}

function keep(wallet, { credentials, refresh, seen }) {
  wallet.credentials.push(...credentials);
  wallet.refresh = refresh ?? wallet.refresh;
  save(wallet);
  count("received  ", credentials.map(describe));
  tell({ credentials, seen, refresh: Boolean(refresh) });
}

async function fetchToken(uri) {
  const response = await fetch(uri, { headers: { Accept: "application/statuslist+jwt" } });
  if (!response.ok || response.headers.get("Content-Type") !== "application/statuslist+jwt") {
    throw new Error(`${uri}: ${response.status} ${response.headers.get("Content-Type")}`);
  }
  return response.text();
}

// Each command loads what it needs, so that the others start fast.
const commands = {
  accept: async ([offer]) => {
    const { accept } = await import("./issuance.mjs");
    const wallet = load();
    keep(wallet, await accept(offer, taking(wallet)));
  },
  renew: async () => {
    const { renew } = await import("./issuance.mjs");
    const wallet = load();
    if (!wallet.refresh) throw new Error("no refresh token is held");
    keep(wallet, await renew(wallet.refresh, taking(wallet)));
  },
  list: async () => {
    const { credentials } = load();
    if (credentials.length === 0) say("nothing is held");
    count("", credentials.map(describe));
    tell(credentials);
  },
  status: async () => {
    const { statusList } = await import("./sd_jwt.mjs");
    const lists = new Map();
    const found = [];
    for (const { format, type, status } of load().credentials) {
      if (!lists.has(status.uri))
        lists.set(
          status.uri,
          await statusList(await fetchToken(status.uri), status.uri, anchors()),
        );
      const code = lists.get(status.uri).getStatus(status.idx);
      found.push({ format, type, status: STATUSES[code] ?? `status ${code}` });
    }
    count(
      "",
      found.map((one) => `${one.status}  ${one.format}  ${one.type}`),
    );
    tell(found);
  },
  present: async ([link]) => {
    const { answer } = await import("./presentation.mjs");
    const bend = options.tamper
      ? (vpToken) =>
          Object.fromEntries(Object.entries(vpToken).map(([id, [text]]) => [id, [tampered(text)]]))
      : undefined;
    const result = await answer(link, load().credentials, {
      method: options.post ? "post" : undefined,
      verifiers: verifiers(),
      say,
      bend,
    });
    say(`the relying party answers ${result.status} ${JSON.stringify(result.body)}`);
    tell(result);
    if (result.status >= 400 && !options.json) process.exitCode = 1;
  },
};

// Changes one character in the middle of what the holder signed last.
function tampered(text) {
  const place = text.length - 40;
  return `${text.slice(0, place)}${text[place] === "A" ? "B" : "A"}${text.slice(place + 1)}`;
}

const [name, ...given] = positionals;
if (!(name in commands)) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  try {
    await commands[name](given);
  } catch (error) {
    process.stderr.write(`${error.message ?? error}\n`);
    const cause = error.response?.credentialErrorResponseResult?.data ?? error.errorResponse;
    if (cause) process.stderr.write(`${JSON.stringify(cause)}\n`);
    process.exitCode = 1;
  }
}
