// An Express application on passport-oauth2 and express-session, put together as their documentation does it.

import express from "express";
import session from "express-session";
import passport from "passport";
import OAuth2Strategy from "passport-oauth2";
import { randomUUID } from "node:crypto";

const { AUTHORIZE_URL, TOKEN_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, SCOPE, PORT } = process.env;

const users = new Map();

passport.use(
  new OAuth2Strategy(
    {
      authorizationURL: AUTHORIZE_URL,
      tokenURL: TOKEN_URL,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: REDIRECT_URI,
      scope: SCOPE.split(" "),
      // The README's own example sends no state, and Frame.io refuses a request without one.
      state: true,
      pkce: !CLIENT_SECRET,
    },
    (accessToken, refreshToken, profile, done) => {
      const user = { id: randomUUID(), accessToken, refreshToken };
      users.set(user.id, user);
      done(null, user);
    },
  ),
);
passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, users.get(id) ?? false));

const app = express();
app.use(session({ secret: randomUUID(), resave: false, saveUninitialized: false }));
app.use(passport.session());

app.get("/", (request, response) => {
  response.send(request.user ? '<p>Logged in.</p><a href="/me">Who am I?</a>' : '<a href="/login">Log in</a>');
});
app.get("/login", passport.authenticate("oauth2"));
app.get("/callback", passport.authenticate("oauth2", { failureRedirect: "/" }), (request, response) => {
  response.redirect("/");
});
app.get("/me", (request, response) => {
  if (!request.user) return response.status(401).send("<p>Nobody is logged in.</p>");
  response.send("<p>Logged in.</p>");
});
app.use((error, request, response, next) => {
  response.status(error.status ?? 500).send("<p>The login did not work.</p>");
});

app.listen(Number(PORT), "127.0.0.1");
