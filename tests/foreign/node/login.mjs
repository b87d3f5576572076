// A login, a refresh and an API call by openid-client, as its README has them; the user agent's part is one fetch.
// Endpoints and registration come from the environment, as named in Frame.io's guide; without CLIENT_SECRET it is a
// PKCE app. It prints what it was given last as JSON.
import * as client from 'openid-client'

const { AUTHORIZE_URL, TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SCOPE } = process.env

const server = {
  issuer: new URL(TOKEN_URL).origin,
  authorization_endpoint: AUTHORIZE_URL,
  token_endpoint: TOKEN_URL,
}
const authentication = CLIENT_SECRET ? client.ClientSecretBasic(CLIENT_SECRET) : client.None()
const config = new client.Configuration(server, CLIENT_ID, {}, authentication)
client.allowInsecureRequests(config)

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: REDIRECT_URI,
  scope: SCOPE,
  state: expectedState,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
})

const answer = await fetch(url, { redirect: 'manual' })
const landed = new URL(answer.headers.get('location'))
const tokens = await client.authorizationCodeGrant(config, landed, { pkceCodeVerifier, expectedState })
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token)
const me = await client.fetchProtectedResource(config, renewed.access_token, new URL(`${API_URL}/me`), 'GET')

console.log(JSON.stringify({ access_token: renewed.access_token, me: await me.json() }))
