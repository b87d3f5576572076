// An Express application on openid-client and express-session, put together as their documentation does it.

import express from "express";
import session from "express-session";
import * as client from "openid-client";
import { randomUUID } from "node:crypto";

const { AUTHORIZE_URL, TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SCOPE, PORT } = process.env;

// Frame.io has no document to discover, so what it would say is written here.
const server = {
  issuer: new URL(TOKEN_URL).origin,
  authorization_endpoint: AUTHORIZE_URL,
  token_endpoint: TOKEN_URL,
};
const authentication = CLIENT_SECRET ? client.ClientSecretBasic(CLIENT_SECRET) : client.None();
const config = new client.Configuration(server, CLIENT_ID, {}, authentication);
if (TOKEN_URL.startsWith("http:")) client.allowInsecureRequests(config);

const app = express();
app.use(session({ secret: randomUUID(), resave: false, saveUninitialized: false }));

app.get("/", (request, response) => {
  const links = '<a href="/me">Who am I?</a> <a href="/refresh">Refresh</a>';
  response.send(request.session.tokens ? `<p>Logged in.</p>${links}` : '<a href="/login">Log in</a>');
});

app.get("/login", async (request, response) => {
  const code_verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const parameters = {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: "S256",
    state,
  };
  Object.assign(request.session, { code_verifier, state });
  response.redirect(client.buildAuthorizationUrl(config, parameters).href);
});

app.get("/callback", async (request, response) => {
  const currentUrl = new URL(`${request.protocol}://${request.get("host")}${request.originalUrl}`);
  request.session.tokens = await client.authorizationCodeGrant(config, currentUrl, {
    pkceCodeVerifier: request.session.code_verifier,
    expectedState: request.session.state,
  });
  response.redirect("/");
});

app.get("/me", async (request, response) => {
  if (!request.session.tokens) return response.status(401).send("<p>Nobody is logged in.</p>");
  const { access_token } = request.session.tokens;
  const answer = await client.fetchProtectedResource(config, access_token, new URL(`${API_URL}/me`), "GET");
  response.status(answer.status).json(await answer.json());
});

app.get("/refresh", async (request, response) => {
  if (!request.session.tokens) return response.status(401).send("<p>Nobody is logged in.</p>");
  request.session.tokens = await client.refreshTokenGrant(config, request.session.tokens.refresh_token);
  response.redirect("/");
});

app.use((error, request, response, next) => {
  response.status(500).send("<p>That did not work.</p>");
});

app.listen(Number(PORT), "127.0.0.1");
