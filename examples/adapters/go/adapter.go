// An adapter around golang.org/x/oauth2: it reads requests on stdin and answers on stdout, one line each.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

type object = map[string]any

type session struct {
	state, verifier string
	token           *oauth2.Token
}

var conf oauth2.Config
var api string
var limited = context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Timeout: 5 * time.Second})

func start(assigned object) object {
	told := func(name string) string { text, _ := assigned[name].(string); return text }
	api = told("api_url")
	conf = oauth2.Config{ClientID: told("client_id"), ClientSecret: told("client_secret"), RedirectURL: told("redirect_uri"), Scopes: strings.Fields(told("scope"))}
	// Told how to authenticate, the package does not try both ways.
	conf.Endpoint = oauth2.Endpoint{AuthURL: told("authorization_endpoint"), TokenURL: told("token_endpoint"), AuthStyle: oauth2.AuthStyleInHeader}
	if conf.ClientSecret == "" {
		conf.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	client := object{"name": "golang.org/x/oauth2", "version": "0.3.0", "language": "Go"}
	return object{"message": "started", "version": 1, "client": client, "capabilities": []string{"sessions", "refresh", "call_api", "expiry", "pkce"}}
}

func (s *session) begin() object {
	s.state, s.verifier = random(), random()
	digest := sha256.Sum256([]byte(s.verifier))
	challenge := oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(digest[:]))
	return object{"message": "begun", "url": conf.AuthCodeURL(s.state, challenge, oauth2.SetAuthURLParam("code_challenge_method", "S256"))}
}

// land does what the package leaves to its caller: state, error and code are looked at before the code is used.
func (s *session) land(arrived string) (*oauth2.Token, error) {
	expected := s.state
	s.state = random() // each login lands once
	_, written, _ := strings.Cut(arrived, "?")
	query, err := url.ParseQuery(written)
	if err != nil || query.Get("state") != expected || query.Has("error") || query.Get("code") == "" {
		return nil, fmt.Errorf("the redirect is refused")
	}
	return conf.Exchange(limited, query.Get("code"), oauth2.SetAuthURLParam("code_verifier", s.verifier))
}

// refresh gives the package nothing else to go by, so it must refresh.
func (s *session) refresh() (*oauth2.Token, error) {
	return conf.TokenSource(limited, &oauth2.Token{RefreshToken: s.token.RefreshToken}).Token()
}

func (s *session) callAPI() (*oauth2.Token, error) {
	source := conf.TokenSource(limited, s.token) // refreshes where the token is dead
	response, err := oauth2.NewClient(limited, source).Get(api + "/me")
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the API answered %s", response.Status)
	}
	return source.Token()
}

func (s *session) outcome(token *oauth2.Token, err error) object {
	if err != nil { // its text may hold a secret
		return object{"message": "outcome", "kind": "refused", "detail": fmt.Sprintf("%T", err)}
	}
	s.token = token
	told := object{"message": "outcome", "kind": "signed_in", "token_type": token.Type()}
	told["access_token_fingerprint"] = fmt.Sprintf("%x", sha256.Sum256([]byte(token.AccessToken)))[:16]
	if !token.Expiry.IsZero() {
		told["expires_at"] = token.Expiry.Unix()
	}
	return told
}

func random() string {
	value := make([]byte, 32)
	rand.Read(value)
	return base64.RawURLEncoding.EncodeToString(value)
}

type request struct {
	Message, Session, URL string
	Seq                   int64
	Assignment            object
}

func main() {
	sessions, requests, answers := map[string]*session{}, json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for r := (request{}); requests.Decode(&r) == nil && r.Message != "stop"; r = (request{}) {
		if sessions[r.Session] == nil {
			sessions[r.Session] = &session{state: random(), token: &oauth2.Token{}}
		}
		s, told := sessions[r.Session], object{"message": "unsupported"}
		switch r.Message {
		case "start":
			told = start(r.Assignment)
		case "begin":
			told = s.begin()
		case "land":
			told = s.outcome(s.land(r.URL))
		case "refresh":
			told = s.outcome(s.refresh())
		case "call_api":
			told = s.outcome(s.callAPI())
		}
		told["seq"] = r.Seq
		answers.Encode(told)
	}
}
