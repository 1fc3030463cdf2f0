// Passkey ceremonies of this page: the question comes from the wallet API, the answer goes there.

import { Refusal, texts } from "./calls.js";

/** A passkey knows this computer by name: under a number there is none (WebAuthn 5.1.2). */
export const isPossible = () =>
  location.hostname === "localhost" && isSecureContext && Boolean(window.PublicKeyCredential);

/** The address under which passkeys work. */
export const address = () => `http://localhost${location.port ? ":" + location.port : ""}/console`;

const toBytes = (text) => {
  const plain = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
};

const toText = (buffer) => {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const BY_ERROR = new Map([
  ["InvalidStateError", "passkey_already"],
  ["NotSupportedError", "passkey_impossible"],
  ["ConstraintError", "passkey_impossible"],
]);

async function ceremony(work) {
  try {
    return await work();
  } catch (error) {
    const title = texts[BY_ERROR.get(error.name) ?? "passkey_cancelled"];
    throw new Refusal({ code: "PASSKEY_NOT_USED", title }, 400);
  }
}

/** Ask for whichever passkey the person has; returns what the API wants to see. */
export function usePasskey(question) {
  return ceremony(async () => {
    const publicKey = {
      challenge: toBytes(question.challenge),
      rpId: question.rp_id,
      timeout: question.timeout_ms,
      userVerification: "required",
    };
    const { rawId, response } = await navigator.credentials.get({ publicKey });
    return {
      id: toText(rawId),
      client_data: toText(response.clientDataJSON),
      authenticator_data: toText(response.authenticatorData),
      signature: toText(response.signature),
      user_handle: toText(response.userHandle ?? new ArrayBuffer(0)),
    };
  });
}

/** Have a passkey made that is found without a user name, behind the person's PIN or body. */
export function makePasskey(question) {
  return ceremony(async () => {
    const { user } = question;
    const publicKey = {
      challenge: toBytes(question.challenge),
      rp: { id: question.rp_id, name: question.rp_name },
      user: { id: toBytes(user.id), name: user.name, displayName: user.display_name },
      pubKeyCredParams: question.algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: question.exclude.map((id) => ({ type: "public-key", id: toBytes(id) })),
      authenticatorSelection: {
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
      attestation: "none",
      timeout: question.timeout_ms,
    };
    const { rawId, response } = await navigator.credentials.create({ publicKey });
    return {
      id: toText(rawId),
      client_data: toText(response.clientDataJSON),
      attestation: toText(response.attestationObject),
    };
  });
}

/** Whether a passkey was used in this browser before, by whomever: it is offered first then. */
export const hasBeenUsed = () => localStorage.getItem("kiosk-passkey") === "used";
export const rememberUse = () => localStorage.setItem("kiosk-passkey", "used");
