// The npm package oidc-provider with two registered clients, on a port of the system's choice, which it prints.
// Its own interaction pages (`devInteractions`) ask for login and consent; any name and password will do.

import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const redirect_uris = [process.env.REDIRECT_URI];
const shared = { redirect_uris, application_type: 'native', grant_types: ['authorization_code', 'refresh_token'] };
const clients = [
  { ...shared, client_id: 'basic app', client_secret: process.env.CLIENT_SECRET, token_endpoint_auth_method: 'client_secret_basic' },
  { ...shared, client_id: 'pkce-app', token_endpoint_auth_method: 'none' },
];

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients,
    scopes: ['openid', 'account.read'],
    features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
    issueRefreshToken: () => true,
    pkce: { required: () => true },
    rotateRefreshToken: true,
  });
  server.on('request', provider.callback());
  process.stdout.write(`${issuer}\n`);
});
