// Does jobs with the formats, without any server: reads JSON lines [name, arguments] from standard
// input and answers each with a line { result } or { error }.

import { TypeMetadataFormatSchema } from "@sd-jwt/sd-jwt-vc";
import { createInterface } from "node:readline";
import { fromB64url } from "./keys.mjs";
import * as mdoc from "./mdoc.mjs";
import * as sdJwt from "./sd_jwt.mjs";

const session = (of) => ({ ...of, thumbprint: of.thumbprint && fromB64url(of.thumbprint) });

const jobs = {
  sd_jwt_verify: ({ text, anchors, status, ...options }) =>
    sdJwt.verify(text, anchors, { ...options, fetchStatus: status && (async () => status) }),
  type_metadata: ({ document }) => TypeMetadataFormatSchema.parse(document),
  sd_jwt_present: ({ text, frame, key, ...options }) => sdJwt.present(text, frame, key, options),
  statuses: async ({ token, indices, uri, anchors }) => {
    const list = await sdJwt.statusList(token, uri, anchors);
    return indices.map((index) => list.getStatus(index));
  },
  mdoc_verify: ({ encoded, anchors }) => mdoc.verifyIssued(encoded, anchors),
  mdoc_respond: ({ encoded, wanted, key, session: of }) =>
    mdoc.respond(encoded, wanted, key, session(of)),
  mdoc_verify_response: ({ encoded, anchors, session: of }) =>
    mdoc.verifyResponse(encoded, anchors, session(of)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, given] = JSON.parse(line);
  const anchors = given.anchors?.map((text) => new Uint8Array(Buffer.from(text, "base64")));
  let answer;
  try {
    answer = { result: (await jobs[name]({ ...given, anchors })) ?? null };
  } catch (error) {
    answer = { error: `${error.message ?? error}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
