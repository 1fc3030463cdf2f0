// @sd-jwt/*: verify SD-JWT VCs with their chain and status, present them with key binding.

import { ES256, digest, generateSalt } from "@sd-jwt/crypto-nodejs";
import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { alternativeNames, certificateKey, verifyChain } from "./keys.mjs";

export const headerOf = (token) =>
  JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString());
export const payloadOf = (token) =>
  JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

// Returns the key of a token's leaf certificate, once its chain leads to an anchor.
export function trustedKey(token, anchors) {
  const { x5c, alg } = headerOf(token);
  if (alg !== "ES256") throw new Error(`algorithm ${alg}`);
  const chain = (x5c ?? []).map((text) => new Uint8Array(Buffer.from(text, "base64")));
  verifyChain(chain, anchors);
  const { iss } = payloadOf(token);
  if (iss !== undefined) {
    const names = alternativeNames(chain[0]);
    if (!names.uri.includes(iss) && !names.dns.includes(new URL(iss).host))
      throw new Error("the leaf has another name");
  }
  return certificateKey(chain[0]);
}

// Checks a status list token and returns the list.
export async function statusList(token, uri, anchors) {
  const header = headerOf(token);
  const payload = payloadOf(token);
  if (header.typ !== "statuslist+jwt") throw new Error(`type ${header.typ}`);
  if (payload.sub !== uri) throw new Error("a list of another address");
  const now = Date.now() / 1000;
  if (payload.iat > now + 60 || payload.exp < now) throw new Error("list is not of now");
  const verifier = await ES256.getVerifier(trustedKey(token, anchors));
  const [signed, signature] = [
    token.slice(0, token.lastIndexOf(".")),
    token.slice(token.lastIndexOf(".") + 1),
  ];
  if (!(await verifier(signed, signature))) throw new Error("signature of the status list");
  return getListFromStatusListJWT(token);
}

// Verifies a credential or (with `nonce` and `audience`) a presentation.
// `fetchStatus` (uri → token): without it the status is not looked at.
export async function verify(
  text,
  anchors,
  { nonce, audience, fetchStatus, typeMetadata = false } = {},
) {
  const instance = new SDJwtVcInstance({
    hasher: digest,
    verifier: await ES256.getVerifier(trustedKey(text, anchors)),
    kbVerifier: async (data, signature, payload) =>
      (await ES256.getVerifier(payload.cnf.jwk))(data, signature),
    statusListFetcher: fetchStatus ?? (async () => ""),
    statusVerifier: async (data, signature) =>
      (await ES256.getVerifier(trustedKey(`${data}.${signature}`, anchors)))(data, signature),
    loadTypeMetadataFormat: typeMetadata,
  });
  if (!fetchStatus) instance.verifyStatus = async () => {};
  const {
    header,
    payload,
    kb,
    typeMetadata: type,
  } = await instance.verify(text, { keyBindingNonce: nonce, skewSeconds: 60 });
  if (header.typ !== "dc+sd-jwt") throw new Error(`type ${header.typ}`);
  if (audience !== undefined && kb.payload.aud !== audience) throw new Error("audience");
  return { header, payload, kb: kb?.payload, type: type?.mergedTypeMetadata };
}

// Shows the claims of `frame` ({ name: true, address: { … } }) with a key binding JWT.
export async function present(
  text,
  frame,
  privateJwk,
  { nonce, audience, iat = Math.floor(Date.now() / 1000) },
) {
  const instance = new SDJwtVcInstance({
    hasher: digest,
    saltGenerator: generateSalt,
    kbSigner: await ES256.getSigner(privateJwk),
    kbSignAlg: "ES256",
  });
  return instance.present(text, frame, { kb: { payload: { iat, aud: audience, nonce } } });
}
