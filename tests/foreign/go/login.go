// A login, a refresh and an API call by golang.org/x/oauth2; the user agent's part is one request.
//
// Endpoints and registration come from the environment, as named in Frame.io's guide; without CLIENT_SECRET it is a
// PKCE app. It prints what it was given last as JSON.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

func main() {
	config := &oauth2.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		RedirectURL:  os.Getenv("REDIRECT_URI"),
		Scopes:       strings.Split(os.Getenv("SCOPE"), " "),
		// The library finds out by itself how a confidential client authenticates: by Basic, at the first attempt.
		Endpoint: oauth2.Endpoint{AuthURL: os.Getenv("AUTHORIZE_URL"), TokenURL: os.Getenv("TOKEN_URL")},
	}
	if config.ClientSecret == "" {
		config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	ctx := context.Background()
	state, verifier := random(), random()
	digest := sha256.Sum256([]byte(verifier))
	landed := visit(config.AuthCodeURL(state,
		oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(digest[:])),
		oauth2.SetAuthURLParam("code_challenge_method", "S256"),
	))
	if landed.Get("state") != state {
		log.Fatal("the state is not ours")
	}
	tokens, err := config.Exchange(ctx, landed.Get("code"), oauth2.SetAuthURLParam("code_verifier", verifier))
	check(err)

	tokens.Expiry = time.Now().Add(-time.Hour)
	source := config.TokenSource(ctx, tokens)
	renewed, err := source.Token()
	check(err)
	answer, err := oauth2.NewClient(ctx, source).Get(os.Getenv("API_URL") + "/me")
	check(err)
	defer answer.Body.Close()
	var me map[string]interface{}
	check(json.NewDecoder(answer.Body).Decode(&me))
	check(json.NewEncoder(os.Stdout).Encode(map[string]interface{}{"access_token": renewed.AccessToken, "me": me}))
}

type query interface{ Get(string) string }

// visit follows no redirect and returns the query of the place that it leads to.
func visit(url string) query {
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(url)
	check(err)
	defer answer.Body.Close()
	location, err := answer.Location()
	check(err)
	return location.Query()
}

func random() string {
	value := make([]byte, 32)
	_, err := rand.Read(value)
	check(err)
	return base64.RawURLEncoding.EncodeToString(value)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
