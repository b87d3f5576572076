// An adapter around openid-client: it reads requests on stdin and answers on stdout, one line each.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const capabilities = ["sessions", "concurrent", "parallel_calls", "refresh", "call_api", "reason", "pkce", "issuer"];
const about = { name: "openid-client", version: "6.9.0", language: "JavaScript" };
const sessions = new Map();
let assigned, config;

function start({ assignment }) {
  assigned = assignment;
  const server = {
    // Without an issuer of its own the server is known by its origin.
    issuer: assigned.issuer ?? new URL(assigned.token_endpoint).origin,
    authorization_response_iss_parameter_supported: assigned.issuer !== null,
    authorization_endpoint: assigned.authorization_endpoint,
    token_endpoint: assigned.token_endpoint,
  };
  const { client_id: id, client_secret: secret } = assigned;
  config = new client.Configuration(server, id, {}, secret ? client.ClientSecretBasic(secret) : client.None());
  config.timeout = 5; // seconds
  // The mock speaks http, on this machine; without this, openid-client refuses to.
  client.allowInsecureRequests(config);
  return { message: "started", version: 1, client: about, capabilities };
}

async function begin(session) {
  const code_verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const parameters = {
    redirect_uri: assigned.redirect_uri,
    code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: "S256",
    state,
  };
  if (assigned.scope) parameters.scope = assigned.scope;
  session.login = { pkceCodeVerifier: code_verifier, expectedState: state };
  return { message: "begun", url: client.buildAuthorizationUrl(config, parameters).href };
}

async function land(session, { url }) {
  const { login } = session;
  delete session.login; // each login lands once
  if (!login) return { message: "outcome", kind: "refused", reason: "no_login" };
  session.tokens = await client.authorizationCodeGrant(config, new URL(url), login);
  return signedIn(session);
}

async function refresh(session) {
  const { refresh_token } = session.tokens;
  const fresh = await client.refreshTokenGrant(config, refresh_token);
  session.tokens = { refresh_token, ...fresh }; // one that is left out stays as it was
  return signedIn(session);
}

async function callApi(session) {
  const me = new URL(`${assigned.api_url}/me`);
  const answer = await client.fetchProtectedResource(config, session.tokens.access_token, me, "GET");
  return answer.ok ? signedIn(session) : { message: "outcome", kind: "refused", reason: `status_${answer.status}` };
}

function signedIn({ tokens }) {
  const told = { message: "outcome", kind: "signed_in", token_type: tokens.token_type };
  if (tokens.scope) told.granted_scope = tokens.scope;
  for (const name of ["access_token", "refresh_token"]) {
    // Fingerprints, never the tokens.
    if (tokens[name]) told[`${name}_fingerprint`] = createHash("sha256").update(tokens[name]).digest("hex").slice(0, 16);
  }
  return told;
}

async function answer(request) {
  if (request.message === "start") return start(request);
  if (!sessions.has(request.session)) sessions.set(request.session, {});
  const session = sessions.get(request.session);
  if (request.message === "begin") return begin(session);
  if (request.message === "land") return land(session, request);
  if (request.message === "refresh") return refresh(session);
  if (request.message === "call_api") return callApi(session);
  return { message: "unsupported" };
}

// The server's error, the library's code, or the kind of accident; a text may hold a secret.
function failed(error) {
  const reason = error.error ?? error.code ?? error.name;
  return { message: "outcome", kind: error.error || error.code ? "refused" : "error", reason: String(reason) };
}

console.log = console.error; // stdout is for answers
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.message === "stop") break;
  const write = (reply) => process.stdout.write(`${JSON.stringify({ ...reply, seq: request.seq })}\n`);
  answer(request).catch(failed).then(write);
}
process.exit(0);
