// What oid4vc-ts leaves to its host program: keys, signatures, hashes and encryption.

import { clientAuthenticationNone, setGlobalConfig } from "@openid4vc/oauth2";
import { setGlobalConfig as setUtilsConfig } from "@openid4vc/utils";
import { CompactEncrypt, importJWK } from "jose";
import { createHash, randomBytes } from "node:crypto";
import {
  alternativeNames,
  b64url,
  certificateKey,
  publicJwk,
  signRaw,
  thumbprint,
  verifyChain,
  verifyRaw,
} from "./keys.mjs";

export const CLIENT_ID = "ikd-interop-wallet";

// A server on loopback has no TLS.
setGlobalConfig({ allowInsecureUrls: true });
setUtilsConfig({ allowInsecureUrls: true });

const encode = (value) => b64url(Buffer.from(JSON.stringify(value)));
const fromBase64 = (text) => new Uint8Array(Buffer.from(text, "base64"));

// The library takes signed metadata but asks for none: it sends no Accept of its own.
function fetchSigned(url, init = {}) {
  const headers = new Headers(init.headers);
  if (`${url}`.includes("/.well-known/openid-credential-issuer"))
    headers.set("Accept", "application/jwt, application/json;q=0.5");
  return fetch(url, { ...init, headers });
}

// `keys`: private JWKs the wallet may sign with. `anchors`: DER roots of those who sign metadata or
// requests; without any they are taken at their word, and `seen` says so.
export function callbacks(keys, anchors = [], seen = {}) {
  const held = new Map(keys.map((key) => [b64url(thumbprint(key)), key]));
  return {
    fetch: fetchSigned,
    hash: (data, algorithm) =>
      new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest()),
    generateRandom: (size) => new Uint8Array(randomBytes(size)),
    clientAuthentication: clientAuthenticationNone({ clientId: CLIENT_ID }),
    signJwt: (signer, { header, payload }) => {
      const key = held.get(b64url(thumbprint(signer.publicJwk)));
      const signed = `${encode(header)}.${encode(payload)}`;
      return { jwt: `${signed}.${b64url(signRaw(key, signed))}`, signerJwk: signer.publicJwk };
    },
    verifyJwt: (signer, { compact, header }) => {
      if (signer.method !== "x5c" || header.alg !== "ES256") return { verified: false };
      const chain = signer.x5c.map(fromBase64);
      if (anchors.length > 0) verifyChain(chain, anchors);
      const what = header.typ === "oauth-authz-req+jwt" ? "verifier" : "signedMetadata";
      seen[what] = anchors.length > 0 ? "trusted" : "not checked";
      const key = certificateKey(chain[0]);
      const cut = compact.lastIndexOf(".");
      const verified = verifyRaw(
        key,
        compact.slice(0, cut),
        Buffer.from(compact.slice(cut + 1), "base64url"),
      );
      return { verified, signerJwk: key };
    },
    decryptJwe: () => ({ decrypted: false }),
    encryptJwe: async ({ publicJwk: jwk, alg, enc, apu, apv }, data) => {
      seen.encryption = { alg, enc };
      const parts = {
        ...(apu && { apu: Buffer.from(apu, "base64url") }),
        ...(apv && { apv: Buffer.from(apv, "base64url") }),
      };
      const jwe = await new CompactEncrypt(Buffer.from(data))
        .setProtectedHeader({ alg, enc, ...(jwk.kid && { kid: jwk.kid }) })
        .setKeyManagementParameters(parts)
        .encrypt(await importJWK(jwk, alg));
      return { jwe, encryptionJwk: jwk };
    },
    getX509CertificateMetadata: (text) => {
      const names = alternativeNames(fromBase64(text));
      return { sanDnsNames: names.dns, sanUriNames: names.uri };
    },
  };
}

export const jwkSigner = (key) => ({ method: "jwk", alg: "ES256", publicJwk: publicJwk(key) });
