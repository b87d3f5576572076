// A web application on golang.org/x/oauth2, put together as its package documentation does it.
package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// The documentation leaves the AuthStyle alone: then the package finds out by itself how the server wants the secret.
var conf = &oauth2.Config{
	ClientID:     os.Getenv("CLIENT_ID"),
	ClientSecret: os.Getenv("CLIENT_SECRET"),
	RedirectURL:  os.Getenv("REDIRECT_URI"),
	Scopes:       strings.Fields(os.Getenv("SCOPE")),
	Endpoint: oauth2.Endpoint{
		AuthURL:  os.Getenv("AUTHORIZE_URL"),
		TokenURL: os.Getenv("TOKEN_URL"),
	},
}

// A session of a browser, by the name that its cookie holds.
type session struct {
	state, verifier string
	calling         sync.Mutex
	token           *oauth2.Token
}

var sessions sync.Map

func login(w http.ResponseWriter, r *http.Request) {
	s, name := &session{state: random(), verifier: random()}, random()
	if old := sessionOf(r); old != nil {
		s.token = old.token
	}
	sessions.Store(name, s)
	http.SetCookie(w, &http.Cookie{Name: "session", Value: name, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	digest := sha256.Sum256([]byte(s.verifier))
	// It can also be used to pass the PKCE challenge.
	http.Redirect(w, r, conf.AuthCodeURL(s.state,
		oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(digest[:])),
		oauth2.SetAuthURLParam("code_challenge_method", "S256"),
	), http.StatusFound)
}

func callback(w http.ResponseWriter, r *http.Request) {
	s := sessionOf(r)
	// The code will be in the FormValue("code"). Before calling Exchange, be sure to validate FormValue("state").
	if s == nil || r.FormValue("state") != s.state {
		http.Error(w, "state does not match", http.StatusBadRequest)
		return
	}
	token, err := conf.Exchange(r.Context(), r.FormValue("code"), oauth2.SetAuthURLParam("code_verifier", s.verifier))
	if err != nil {
		http.Error(w, "the login did not work", http.StatusBadGateway)
		return
	}
	s.token = token
	http.Redirect(w, r, "/me", http.StatusFound)
}

func me(w http.ResponseWriter, r *http.Request) {
	if s := sessionOf(r); s == nil || s.token == nil {
		http.Error(w, "nobody is logged in", http.StatusUnauthorized)
	} else {
		call(w, r, s)
	}
}

// refresh has the package refresh by itself: it does so before an API call where a token's time is up.
func refresh(w http.ResponseWriter, r *http.Request) {
	if s := sessionOf(r); s == nil || s.token == nil {
		http.Error(w, "nobody is logged in", http.StatusUnauthorized)
	} else {
		s.token.Expiry = time.Now().Add(-time.Hour)
		call(w, r, s)
	}
}

// call asks the API who this is, and keeps the token that is good now.
func call(w http.ResponseWriter, r *http.Request, s *session) {
	s.calling.Lock()
	defer s.calling.Unlock()
	source := conf.TokenSource(r.Context(), s.token)
	answer, err := oauth2.NewClient(r.Context(), source).Get(os.Getenv("API_URL") + "/me")
	if err != nil {
		http.Error(w, "the API was not reached", http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	if token, err := source.Token(); err == nil {
		s.token = token
	}
	w.WriteHeader(answer.StatusCode)
	io.Copy(w, answer.Body)
}

func sessionOf(r *http.Request) *session {
	cookie, err := r.Cookie("session")
	if err != nil {
		return nil
	}
	found, _ := sessions.Load(cookie.Value)
	s, _ := found.(*session)
	return s
}

func random() string {
	value := make([]byte, 32)
	if _, err := rand.Read(value); err != nil {
		log.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(value)
}

func main() {
	http.HandleFunc("/login", login)
	http.HandleFunc("/callback", callback)
	http.HandleFunc("/me", me)
	http.HandleFunc("/refresh", refresh)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
