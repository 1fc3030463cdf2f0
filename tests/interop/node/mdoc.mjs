// @owf/mdoc with node's cryptography: read and verify mdocs, answer with a DeviceResponse.

import {
  CoseKey,
  DeviceRequest,
  DeviceResponse,
  DocRequest,
  Holder,
  IssuerSigned,
  ItemsRequest,
  SessionTranscript,
  SignatureAlgorithm,
  Verifier,
} from "@owf/mdoc";
import { createHash, randomBytes } from "node:crypto";
import {
  alternativeNames,
  certificate,
  certificateKey,
  signRaw,
  verifyChain,
  verifyRaw,
} from "./keys.mjs";

const HASHES = { "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };

function refuse(part) {
  throw new Error(`${part} is not used here`);
}

const context = {
  crypto: {
    random: (size) => new Uint8Array(randomBytes(size)),
    digest: ({ digestAlgorithm, bytes }) =>
      new Uint8Array(createHash(HASHES[digestAlgorithm]).update(bytes).digest()),
    calculateEphemeralMacKey: () => refuse("a MAC"),
  },
  cose: {
    sign1: {
      sign: ({ toBeSigned, key }) => signRaw(key.jwk, toBeSigned),
      verify: ({ sign1, key }) => verifyRaw(key.jwk, sign1.toBeSigned, sign1.signature),
    },
    mac0: { sign: () => refuse("a MAC"), verify: () => refuse("a MAC") },
  },
  x509: {
    getIssuerNameField: ({ certificate: der, field }) =>
      certificate(der)
        .issuer.split("\n")
        .filter((line) => line.startsWith(`${field}=`))
        .map((line) => line.slice(field.length + 1)),
    getPublicKey: ({ certificate: der }) => CoseKey.fromJwk(certificateKey(der)),
    verifyCertificateChain: ({ trustedCertificates, x5chain, now }) =>
      verifyChain(x5chain, trustedCertificates, now),
    getCertificateData: ({ certificate: der }) => {
      const one = certificate(der);
      return {
        issuerName: one.issuer,
        subjectName: one.subject,
        serialNumber: one.serialNumber,
        thumbprint: one.fingerprint256,
        notBefore: new Date(one.validFrom),
        notAfter: new Date(one.validTo),
        pem: one.toString(),
        names: alternativeNames(der),
      };
    },
  },
};

export const signingKey = (privateJwk) => CoseKey.fromJwk({ ...privateJwk, alg: "ES256" });

// What JSON cannot carry becomes text.
function plain(value) {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object" && value.constructor !== Object)
    return plain(value.value ?? value.toJSON?.() ?? `${value}`);
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
  return value;
}

// Returns what an issuer signed: { doctype, elements, deviceKey, status }.
function contents(issuerSigned) {
  const mso = issuerSigned.issuerAuth.mobileSecurityObject;
  const elements = {};
  for (const [namespace, items] of issuerSigned.issuerNamespaces?.issuerNamespaces ?? []) {
    elements[namespace] = Object.fromEntries(
      items.map((item) => [item.elementIdentifier, plain(item.elementValue)]),
    );
  }
  const status = mso.structure?.get?.("status");
  return {
    doctype: mso.docType,
    elements,
    deviceKey: mso.deviceKeyInfo.deviceKey.jwk,
    status: plain(status ?? null),
  };
}

// Throws unless the issuer's signature, digests, chain and validity hold.
export async function verifyIssued(encoded, anchors, now = new Date()) {
  const issuerSigned = IssuerSigned.fromEncodedForOid4Vci(encoded);
  await Holder.verifyIssuerSigned({ issuerSigned, trustedCertificates: anchors, now }, context);
  return contents(issuerSigned);
}

export const doctypeOf = (encoded) =>
  IssuerSigned.fromEncodedForOid4Vci(encoded).issuerAuth.mobileSecurityObject.docType;

const transcriptOf = ({ client_id, nonce, response_uri, thumbprint }) =>
  SessionTranscript.forOid4Vp(
    { clientId: client_id, nonce, responseUri: response_uri, jwkThumbprint: thumbprint },
    context,
  );

// Answers with the elements `wanted` ([[namespace, element], …]); returns base64url.
export async function respond(encoded, wanted, privateJwk, session) {
  const issuerSigned = IssuerSigned.fromEncodedForOid4Vci(encoded);
  const namespaces = {};
  for (const [namespace, name] of wanted) (namespaces[namespace] ??= {})[name] = false;
  const docType = issuerSigned.issuerAuth.mobileSecurityObject.docType;
  const itemsRequest = ItemsRequest.create({ docType, namespaces });
  const response = await Holder.createDeviceResponseForDeviceRequest(
    {
      deviceRequest: DeviceRequest.create({ docRequests: [DocRequest.create({ itemsRequest })] }),
      issuerSigned: [issuerSigned],
      sessionTranscript: await transcriptOf(session),
      signature: { signingKey: signingKey(privateJwk) },
    },
    context,
  );
  return response.encodedForOid4Vp;
}

// Throws unless issuer and device signed; returns the documents' contents.
export async function verifyResponse(encoded, anchors, session, now = new Date()) {
  const deviceResponse = DeviceResponse.fromEncodedForOid4Vp(encoded);
  const sessionTranscript = await transcriptOf(session);
  await Verifier.verifyDeviceResponse(
    { deviceResponse, sessionTranscript, trustedCertificates: anchors, now },
    context,
  );
  return deviceResponse.documents.map((document) => contents(document.issuerSigned));
}

export { SignatureAlgorithm };
