// Two of WebAuthn's implementations in Go, for tests. Without an argument: reads lines of JSON {"assertion", "key"} and prints
// whether go-webauthn accepts each. `make RP_ID ORIGIN PAYLOAD` prints such a line, made by virtualwebauthn; PAYLOAD is base64url.
// `proxy PORT PATH URL` is a reverse proxy: what is asked of it below PATH is asked of URL without PATH.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"

	"github.com/descope/virtualwebauthn"
	"github.com/fxamacker/cbor/v2"
	"github.com/go-webauthn/webauthn/protocol"
)

type key struct {
	Kty     string   `json:"kty"`
	Crv     string   `json:"crv"`
	X       string   `json:"x"`
	Y       string   `json:"y"`
	RPID    string   `json:"rp_id"`
	Origins []string `json:"origins"`
}

type assertion struct {
	Payload           string `json:"payload"`
	ClientDataJSON    string `json:"client_data_json"`
	AuthenticatorData string `json:"authenticator_data"`
	Signature         string `json:"signature"`
}

type line struct {
	Assertion assertion `json:"assertion"`
	Key       key       `json:"key"`
}

var encoding = base64.RawURLEncoding

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func accepts(given line) error {
	x, y := must(encoding.DecodeString(given.Key.X)), must(encoding.DecodeString(given.Key.Y))
	cose := must(cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y}))
	challenge := sha256.Sum256(must(encoding.DecodeString(given.Assertion.Payload)))
	response := must(json.Marshal(map[string]any{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": map[string]string{
		"clientDataJSON": given.Assertion.ClientDataJSON, "authenticatorData": given.Assertion.AuthenticatorData,
		"signature": given.Assertion.Signature}}))
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return err
	}
	return parsed.Verify(encoding.EncodeToString(challenge[:]), given.Key.RPID, "", given.Key.Origins, nil, nil,
		protocol.TopOriginExplicitVerificationMode, false, true, true, cose, protocol.SignaturePolicy{})
}

func read() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var given line
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			must(0, err)
		}
		fmt.Println(accepts(given) == nil)
	}
}

func makeOne(rpID, origin, payload string) {
	private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	credential := virtualwebauthn.NewCredentialWithImportedKey(virtualwebauthn.KeyTypeEC2, must(x509.MarshalPKCS8PrivateKey(private)))
	challenge := sha256.Sum256(must(encoding.DecodeString(payload)))
	made := virtualwebauthn.CreateAssertionResponse(virtualwebauthn.RelyingParty{ID: rpID, Name: "Lockbox", Origin: origin},
		virtualwebauthn.NewAuthenticator(), credential, virtualwebauthn.AssertionOptions{Challenge: challenge[:], RelyingPartyID: rpID})
	var told struct {
		Response struct {
			ClientDataJSON, AuthenticatorData, Signature string
		} `json:"response"`
	}
	if err := json.Unmarshal([]byte(made), &told); err != nil {
		must(0, err)
	}
	public := must(private.PublicKey.Bytes())
	fmt.Println(string(must(json.Marshal(line{
		assertion{payload, told.Response.ClientDataJSON, told.Response.AuthenticatorData, told.Response.Signature},
		key{"EC", "P-256", encoding.EncodeToString(public[1:33]), encoding.EncodeToString(public[33:]), rpID, []string{origin}}}))))
}

func proxy(port, path, to string) {
	target := must(url.Parse(to))
	handler := &httputil.ReverseProxy{Rewrite: func(asked *httputil.ProxyRequest) {
		asked.Out.URL.Path = strings.TrimPrefix(asked.In.URL.Path, path)
		asked.SetURL(target)
		asked.Out.Host = asked.In.Host
	}}
	must(0, http.ListenAndServe("127.0.0.1:"+port, handler))
}

func main() {
	if len(os.Args) == 5 && os.Args[1] == "proxy" {
		proxy(os.Args[2], os.Args[3], os.Args[4])
		return
	}
	if len(os.Args) == 5 && os.Args[1] == "make" {
		makeOne(os.Args[2], os.Args[3], os.Args[4])
		return
	}
	read()
}
