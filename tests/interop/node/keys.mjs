// P-256 keys and certificates by node itself: what the clients ask their host program for.

import {
  X509Certificate,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from "node:crypto";

const RAW = "ieee-p1363"; // r || s, as JOSE and COSE write it

export const b64url = (bytes) => Buffer.from(bytes).toString("base64url");
export const fromB64url = (text) => new Uint8Array(Buffer.from(text, "base64url"));
export const sha256 = (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());

// Returns a private JWK.
export const generateKey = () =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });

export const publicJwk = ({ kty, crv, x, y }) => ({ kty, crv, x, y });

export const thumbprint = ({ kty, crv, x, y }) =>
  sha256(Buffer.from(JSON.stringify({ crv, kty, x, y })));

export const signRaw = (privateJwk, data) =>
  new Uint8Array(
    sign("sha256", Buffer.from(data), {
      key: createPrivateKey({ key: privateJwk, format: "jwk" }),
      dsaEncoding: RAW,
    }),
  );

export const verifyRaw = (jwk, data, signature) =>
  verify(
    "sha256",
    Buffer.from(data),
    { key: createPublicKey({ key: publicJwk(jwk), format: "jwk" }), dsaEncoding: RAW },
    signature,
  );

export const certificate = (der) => new X509Certificate(der);

export const certificateKey = (der) => certificate(der).publicKey.export({ format: "jwk" });

// Names of the subject alternative name: { dns: […], uri: […] }.
export function alternativeNames(der) {
  const names = { dns: [], uri: [] };
  for (const entry of (certificate(der).subjectAltName ?? "").split(", ")) {
    if (entry.startsWith("DNS:")) names.dns.push(entry.slice(4));
    if (entry.startsWith("URI:")) names.uri.push(entry.slice(4));
  }
  return names;
}

// Throws unless `chain` (DER, leaf first) leads to one of `anchors` at `now`.
export function verifyChain(chain, anchors, now = new Date()) {
  const path = chain.map(certificate);
  const roots = anchors.map(certificate);
  for (const one of path) {
    if (now < new Date(one.validFrom) || now > new Date(one.validTo))
      throw new Error("certificate is not valid now");
  }
  if (path.length === 0 || path[0].ca) throw new Error("the leaf is missing or an authority");
  const issuers = [...path.slice(1), roots.find((root) => path.at(-1).checkIssued(root))];
  path.forEach((one, index) => {
    const issuer = issuers[index];
    if (!issuer?.ca || !one.checkIssued(issuer) || !one.verify(issuer.publicKey))
      throw new Error("chain leads to no anchor");
  });
}
