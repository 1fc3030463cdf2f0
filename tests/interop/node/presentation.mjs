// OpenID4VP 1.0 with oid4vc-ts: reads a request, chooses credentials by DCQL, answers encrypted.

import { Openid4vpClient } from "@openid4vc/openid4vp";
import { callbacks } from "./callbacks.mjs";
import { thumbprint } from "./keys.mjs";
import * as mdoc from "./mdoc.mjs";
import * as sdJwt from "./sd_jwt.mjs";

const SERVER = {
  authorization_signing_alg_values_supported: [],
  authorization_encryption_alg_values_supported: ["ECDH-ES"],
  authorization_encryption_enc_values_supported: ["A256GCM", "A128GCM"],
};

const matches = (query, one) =>
  query.format === one.format &&
  (query.format === "mso_mdoc"
    ? query.meta?.doctype_value === one.type
    : query.meta?.vct_values?.includes(one.type));

const find = (value, [step, ...rest]) => {
  if (step === undefined) return value !== undefined;
  if (step === null) return Array.isArray(value) && value.some((member) => find(member, rest));
  return value != null && typeof value === "object" && step in value && find(value[step], rest);
};

// Returns the paths to show: all of `claims`, or those of the first claim set that can be met.
function wishes(query, one) {
  const claims = query.claims ?? [];
  const sets = query.claim_sets?.map((ids) =>
    ids.map((id) => claims.find((claim) => claim.id === id)),
  ) ?? [claims];
  const met = sets.find((set) => set.every((claim) => find(one.shows, claim.path)));
  return met?.map((claim) => claim.path);
}

function frameOf(paths, shows) {
  const frame = {};
  for (const path of paths) put(frame, path, shows);
  return frame;
}

// Marks a path in a presentation frame; what it leads to is shown with all that is in it.
function put(frame, [step, ...rest], value) {
  const steps = step === null ? value.map((_, index) => index) : [step];
  for (const name of steps) {
    if (rest.length === 0) frame[name] = whole(value?.[name]);
    else put((frame[name] ??= {}), rest, value?.[name]);
  }
}

function whole(value) {
  if (value === null || typeof value !== "object") return true;
  const members = Object.keys(value);
  return members.length === 0
    ? true
    : Object.fromEntries(members.map((name) => [name, whole(value[name])]));
}

// Answers the request behind a link. `bend(vpToken)` may change the answer before it is encrypted.
export async function answer(link, held, { method, verifiers, say, bend = (token) => token }) {
  const seen = {};
  const client = new Openid4vpClient({ callbacks: callbacks([], verifiers, seen) });
  const { params } = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link });
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: method ? { ...params, request_uri_method: method } : params,
  });
  const request = resolved.authorizationRequestPayload;
  const who = request.client_metadata?.client_name ?? request.client_id;
  const encryption = request.client_metadata.jwks.keys[0];
  const session = {
    client_id: request.client_id,
    nonce: request.nonce,
    response_uri: request.response_uri,
    thumbprint: thumbprint(encryption),
  };
  const vpToken = {};
  for (const query of resolved.dcql.query.credentials) {
    const one = held.find((candidate) => matches(query, candidate) && wishes(query, candidate));
    if (!one) throw new Error(`nothing held answers ${query.id}`);
    const paths = wishes(query, one);
    const names = paths.map((path) => path.at(-1) ?? path.at(-2));
    say(`${who} asks for ${one.type} and is shown: ${names.join(", ")}`);
    vpToken[query.id] = [await present(one, paths, session)];
  }
  const response = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request,
    authorizationResponsePayload: { vp_token: await bend(vpToken, session) },
    jarm: { encryption: { nonce: "ikd-interop", jwk: encryption }, serverMetadata: SERVER },
  });
  const sent = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: request,
    authorizationResponsePayload: response.authorizationResponsePayload,
    jarm: response.jarm,
  });
  const text = await sent.response.text();
  return {
    status: sent.response.status,
    body: text ? JSON.parse(text) : null,
    asked: Object.keys(vpToken),
    client: resolved.client.prefix,
    seen,
  };
}

const present = (one, paths, session) =>
  one.format === "mso_mdoc"
    ? mdoc.respond(one.credential, paths, one.key, session)
    : sdJwt.present(one.credential, frameOf(paths, one.shows), one.key, {
        nonce: session.nonce,
        audience: session.client_id,
      });
