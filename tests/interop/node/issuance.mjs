// OpenID4VCI 1.0 with oid4vc-ts: from an offer or a refresh token to credentials that are verified.

import { Oauth2Client, resourceRequest } from "@openid4vc/oauth2";
import { Openid4vciClient } from "@openid4vc/openid4vci";
import { createServer } from "node:http";
import { CLIENT_ID, callbacks, jwkSigner } from "./callbacks.mjs";
import { generateKey, thumbprint } from "./keys.mjs";
import * as mdoc from "./mdoc.mjs";
import * as sdJwt from "./sd_jwt.mjs";

const PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

class Session {
  constructor(issuer, { anchors, dpopKey, say, notify = "credential_accepted" }) {
    Object.assign(this, { issuer, anchors, dpopKey, say, notify, keys: [] });
    this.seen = {};
  }

  // Read the issuer's metadata (signed, where it offers that) and its authorization server's.
  async open() {
    this.metadata = await this.client().resolveIssuerMetadata(this.issuer);
    this.server = this.metadata.authorizationServers[0];
    const supported = new Oauth2Client({ callbacks: this.callbacks() }).isDpopSupported({
      authorizationServerMetadata: this.server,
    });
    this.dpop =
      this.dpopKey && supported.supported ? { signer: jwkSigner(this.dpopKey) } : undefined;
    return this;
  }

  callbacks() {
    return callbacks(
      [...this.keys, ...(this.dpopKey ? [this.dpopKey] : [])],
      this.anchors,
      this.seen,
    );
  }

  client() {
    return new Openid4vciClient({ callbacks: this.callbacks() });
  }

  keep({ accessTokenResponse, dpop }) {
    this.token = accessTokenResponse;
    const bound = accessTokenResponse.token_type.toLowerCase() === "dpop";
    this.dpop = bound ? (dpop ?? this.dpop) : undefined;
  }

  // Ask for up to `copies` credentials of a configuration, each to a key of its own.
  async credentials(configuration, copies) {
    const batch = this.metadata.credentialIssuer.batch_credential_issuance?.batch_size ?? 1;
    const keys = Array.from({ length: Math.min(copies, batch) }, generateKey);
    this.keys = keys;
    const client = this.client();
    const nonce = this.metadata.credentialIssuer.nonce_endpoint
      ? (await client.requestNonce({ issuerMetadata: this.metadata })).c_nonce
      : undefined;
    const jwt = [];
    for (const key of keys) {
      const asked = {
        issuerMetadata: this.metadata,
        credentialConfigurationId: configuration,
        signer: jwkSigner(key),
        nonce,
      };
      jwt.push((await client.createCredentialRequestJwtProof(asked)).jwt);
    }
    const answer = await client.retrieveCredentials({
      issuerMetadata: this.metadata,
      credentialConfigurationId: configuration,
      accessToken: this.token.access_token,
      proofs: { jwt },
      dpop: this.dpop,
    });
    this.fresher(answer);
    const response = answer.credentialResponse.transaction_id
      ? await this.deferred(answer.credentialResponse)
      : answer.credentialResponse;
    const format =
      this.metadata.credentialIssuer.credential_configurations_supported[configuration].format;
    const held = [];
    for (const { credential } of response.credentials) {
      held.push(await this.check({ configuration, format, credential, issuer: this.issuer }, keys));
    }
    if (response.notification_id && this.notify) await this.notice(response.notification_id);
    return held;
  }

  // The library refuses a deferred answer with a notification_id (its check is the wrong way round
  // in 0.4.6), so only its request with DPoP is used here.
  async deferred({ transaction_id, interval }) {
    for (let waiting = interval; ;) {
      this.say(`the issuer asks to come again in ${waiting} s`);
      this.seen.deferred = true;
      await pause(waiting);
      const answer = await resourceRequest({
        url: this.metadata.credentialIssuer.deferred_credential_endpoint,
        accessToken: this.token.access_token,
        dpop: this.dpop,
        callbacks: this.callbacks(),
        requestOptions: {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ transaction_id }),
        },
      });
      this.fresher(answer);
      const body = await answer.response.json();
      if (!answer.ok)
        throw new Error(`deferred: ${answer.response.status} ${JSON.stringify(body)}`);
      if (body.credentials) return body;
      waiting = body.interval;
    }
  }

  async notice(notificationId) {
    await this.client().sendNotification({
      issuerMetadata: this.metadata,
      accessToken: this.token.access_token,
      notification: { notificationId, event: this.notify },
      dpop: this.dpop,
    });
    this.seen.notified = this.notify;
  }

  fresher({ dpop }) {
    if (this.dpop && dpop?.nonce) this.dpop = { ...this.dpop, nonce: dpop.nonce };
  }

  // Verify what came, find the key it is for, and say what it holds.
  async check(one, keys) {
    const found =
      one.format === "mso_mdoc" ? await this.checkMdoc(one) : await this.checkSdJwt(one);
    const key = keys.find(
      (candidate) => Buffer.compare(thumbprint(candidate), thumbprint(found.key)) === 0,
    );
    if (!key) throw new Error("a credential for a key that is not ours");
    return { ...one, key, type: found.type, shows: found.shows, status: found.status };
  }

  async checkSdJwt({ credential }) {
    const anchors = this.anchors;
    const payload =
      anchors.length > 0
        ? (await sdJwt.verify(credential, anchors)).payload
        : sdJwt.payloadOf(credential);
    const { vct, cnf, status, ...rest } = payload;
    return { type: vct, key: cnf.jwk, status: status?.status_list, shows: rest };
  }

  async checkMdoc({ credential }) {
    const found = await mdoc.verifyIssued(credential, this.anchors);
    return {
      type: found.doctype,
      key: found.deviceKey,
      status: found.status?.status_list,
      shows: found.elements,
    };
  }
}

// Accepts an offer; returns { credentials, refresh, seen }.
export async function accept(link, options) {
  const offer = await new Openid4vciClient({ callbacks: callbacks([]) }).resolveCredentialOffer(
    link,
  );
  const session = await new Session(offer.credential_issuer, options).open();
  if (offer.grants?.[PRE_AUTHORIZED]) await preAuthorized(session, offer, options.txCode);
  else await byResident(session, offer, options);
  return take(session, offer.credential_configuration_ids, options.copies ?? 1);
}

async function preAuthorized(session, credentialOffer, txCode) {
  const client = session.client();
  session.keep(
    await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer,
      issuerMetadata: session.metadata,
      txCode,
      dpop: session.dpop,
    }),
  );
}

async function byResident(session, credentialOffer, { say, visit }) {
  const { server, answer } = await listen();
  try {
    const redirectUri = `http://127.0.0.1:${server.address().port}/back`;
    const known = session.metadata.credentialIssuer.credential_configurations_supported;
    const scope = credentialOffer.credential_configuration_ids
      .map((id) => known[id].scope)
      .join(" ");
    const client = session.client();
    const { authorizationRequestUrl, pkce, dpop } =
      await client.createAuthorizationRequestUrlFromOffer({
        credentialOffer,
        issuerMetadata: session.metadata,
        clientId: CLIENT_ID,
        redirectUri,
        scope,
        dpop: session.dpop,
      });
    if (dpop) session.dpop = dpop;
    say(`open in a browser, and approve in the national app: ${authorizationRequestUrl}`);
    visit?.(authorizationRequestUrl);
    const response = client.parseAndVerifyAuthorizationResponseRedirectUrl({
      url: await answer,
      authorizationServerMetadata: session.server,
    });
    if (response.error) throw new Error(`authorization: ${response.error}`);
    session.keep(
      await client.retrieveAuthorizationCodeAccessTokenFromOffer({
        credentialOffer,
        issuerMetadata: session.metadata,
        authorizationCode: response.code,
        pkceCodeVerifier: pkce?.codeVerifier,
        redirectUri,
        dpop: session.dpop,
      }),
    );
  } finally {
    server.close();
  }
}

// Listens on loopback for the browser that comes back with the code.
async function listen() {
  const server = createServer();
  const answer = new Promise((done) => {
    server.on("request", (request, response) => {
      response.end("Done: go back to the wallet.");
      if (request.url.startsWith("/back"))
        done(`http://127.0.0.1:${server.address().port}${request.url}`);
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { server, answer };
}

// Renews: the refresh token of before gives new credentials of the same kinds.
export async function renew({ issuer, token, configurations }, options) {
  const session = await new Session(issuer, options).open();
  session.keep(
    await new Oauth2Client({ callbacks: session.callbacks() }).retrieveRefreshTokenAccessToken({
      authorizationServerMetadata: session.server,
      refreshToken: token,
      dpop: session.dpop,
      additionalRequestPayload: {},
    }),
  );
  return take(session, configurations, options.copies ?? 1);
}

async function take(session, configurations, copies) {
  const credentials = [];
  for (const id of configurations) credentials.push(...(await session.credentials(id, copies)));
  const { token, issuer, seen, dpop } = session;
  const refresh = token.refresh_token && { issuer, token: token.refresh_token, configurations };
  return {
    credentials,
    refresh,
    seen: { ...seen, dpop: Boolean(dpop), tokenType: token.token_type },
  };
}
