// oauth4webapi as an adapter: what its README leaves to the application is done here as an application should do it.
//
// The application's part: a callback comes to its own path; a login is found by its state, in its own session, and is
// good once; tokens are bearer tokens; a refresh keeps the refresh token where none comes; a refresh token that the
// server has refused is forgotten.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import nodeFetch from "node-fetch";
import * as oauth from "oauth4webapi";

const CAPABILITIES = [
  ...["sessions", "concurrent", "refresh", "call_api", "parallel_calls", "reason", "pkce", "issuer", "discovery"],
];
const sessions = new Map();
let assigned, as, client, authentication;

// Node's own `fetch` ends at a 100 that it did not ask for. RFC 9110 15.2 has a client read on, as this one does; and it
// reads no more than a mebibyte.
async function readOn(url, options) {
  const answer = await nodeFetch(url, { ...options, size: 1 << 20 });
  const { status, headers } = answer;
  return new Response([204, 205, 304].includes(status) ? null : await answer.arrayBuffer(), { status, headers: [...headers] });
}

const fetching = process.argv.includes("--own-fetch") ? {} : { [oauth.customFetch]: readOn };
const options = () => ({ [oauth.allowInsecureRequests]: true, signal: AbortSignal.timeout(8000), ...fetching });
const sessionOf = (name) => sessions.get(name) ?? sessions.set(name, { logins: new Map() }).get(name);

function start({ assignment }) {
  assigned = assignment;
  as = {
    issuer: assigned.issuer ?? new URL(assigned.token_endpoint).origin,
    authorization_endpoint: assigned.authorization_endpoint,
    token_endpoint: assigned.token_endpoint,
    authorization_response_iss_parameter_supported: assigned.issuer !== null,
  };
  client = { client_id: assigned.client_id };
  authentication = assigned.client_secret ? oauth.ClientSecretBasic(assigned.client_secret) : oauth.None();
  const named = { name: "oauth4webapi", version: "3.8.8", language: `JavaScript, Node.js ${process.version}` };
  return { message: "started", version: 1, client: named, capabilities: CAPABILITIES };
}

// The library's own way: the well-known address of an issuer, and a document that has to name it.
async function discovered() {
  const issuer = new URL(assigned.issuer);
  const answer = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options() });
  as = await oauth.processDiscoveryResponse(issuer, answer);
  assigned.metadata_url = undefined;
}

async function begin({ session }) {
  if (assigned.metadata_url) await discovered();
  const state = oauth.generateRandomState();
  const verifier = oauth.generateRandomCodeVerifier();
  sessionOf(session).logins.set(state, verifier);
  const url = new URL(as.authorization_endpoint);
  url.searchParams.set("client_id", client.client_id);
  url.searchParams.set("redirect_uri", assigned.redirect_uri);
  url.searchParams.set("response_type", "code");
  if (assigned.scope) url.searchParams.set("scope", assigned.scope);
  url.searchParams.set("state", state);
  url.searchParams.set("code_challenge", await oauth.calculatePKCECodeChallenge(verifier));
  url.searchParams.set("code_challenge_method", "S256");
  return { message: "begun", url: url.href };
}

async function land({ session, url }) {
  const { logins } = sessionOf(session);
  const landed = new URL(url);
  const { origin, pathname } = new URL(assigned.redirect_uri);
  if (landed.origin !== origin || landed.pathname !== pathname) {
    return { message: "outcome", kind: "refused", reason: "another_place" };
  }
  const state = landed.searchParams.get("state");
  const verifier = logins.get(state);
  // Where no login of this session has that state, one is expected that nobody can send.
  const expected = verifier ? state : oauth.generateRandomState();
  logins.delete(state);
  const parameters = oauth.validateAuthResponse(as, client, landed, expected);
  const { redirect_uri } = assigned;
  const answer = await oauth.authorizationCodeGrantRequest(
    as, client, authentication, parameters, redirect_uri, verifier, options(),
  );
  return signedIn(session, await oauth.processAuthorizationCodeResponse(as, client, answer));
}

async function refresh({ session }) {
  const { tokens } = sessionOf(session);
  if (!tokens?.refresh_token) return { message: "outcome", kind: "refused", reason: "no_refresh_token" };
  const { refresh_token } = tokens;
  const answer = await oauth.refreshTokenGrantRequest(as, client, authentication, refresh_token, options());
  try {
    const renewed = await oauth.processRefreshTokenResponse(as, client, answer);
    return signedIn(session, { refresh_token, ...renewed });
  } catch (error) {
    if (error.error === "invalid_grant" || error.status === 401) sessionOf(session).tokens = undefined;
    throw error;
  }
}

async function callApi({ session }) {
  const { tokens } = sessionOf(session);
  if (!tokens) return { message: "outcome", kind: "refused", reason: "nobody_is_signed_in" };
  const url = new URL(`${assigned.api_url}/me`);
  const answer = await oauth.protectedResourceRequest(tokens.access_token, "GET", url, undefined, undefined, options());
  await answer.body?.cancel();
  const kind = answer.ok ? "signed_in" : "refused";
  return { message: "outcome", kind, ...(answer.ok ? told(tokens) : { reason: `status_${answer.status}` }) };
}

function signedIn(session, tokens) {
  if (tokens.token_type !== "bearer") return { message: "outcome", kind: "refused", reason: "token_type_unknown" };
  sessionOf(session).tokens = tokens;
  return { message: "outcome", kind: "signed_in", ...told(tokens) };
}

const fingerprint = (token) => (token ? createHash("sha256").update(token).digest("hex").slice(0, 16) : null);
const told = ({ access_token, refresh_token, token_type }) => ({
  token_type,
  access_token_fingerprint: fingerprint(access_token),
  refresh_token_fingerprint: fingerprint(refresh_token),
});

const MESSAGES = { start, begin, land, refresh, call_api: callApi };

async function answer(request) {
  try {
    return await MESSAGES[request.message](request);
  } catch (error) {
    // What the library means as a refusal has a code of its own; anything else is an accident.
    const kind = String(error.code).startsWith("OAUTH_") ? "refused" : "error";
    return { message: "outcome", kind, reason: error.code ?? error.name, detail: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.message === "stop") process.exit(0);
  answer(request).then((reply) => console.log(JSON.stringify({ ...reply, seq: request.seq })));
}
