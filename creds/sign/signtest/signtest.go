// Package signtest verifies signatures as AWS's services do, from a request as it came. It is for tests, and shares
// nothing with the packages that sign: it is written from AWS's documents.
//
//	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
//		body, _ := io.ReadAll(r.Body)
//		signed, err := signtest.Verify(r, signtest.Hash(body), keys, time.Now())
package signtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The algorithms.
const (
	v4  = "AWS4-HMAC-SHA256"
	v4a = "AWS4-ECDSA-P256-SHA256"
)

// Key is a key that a service knows.
type Key struct {
	AccessKeyID, SecretAccessKey string
	SessionToken                 string // that must come with it; "" for none
	// TokenHeader is where the token comes, "X-Amz-Security-Token" if it is "". S3 Express has another.
	TokenHeader string
}

// Signed is what a signature says of a request.
type Signed struct {
	Algorithm, AccessKeyID string
	Region                 string // or region set
	Service                string
	Headers                []string // that are signed, in small letters
	Payload                string   // the hash, or UNSIGNED-PAYLOAD
}

// skew is how far a request's time may be from the service's.
const skew = 15 * time.Minute

// Hash is the SHA-256 of a body in hexadecimal.
func Hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Verify checks the Authorization header of a request that a server of net/http got. bodyHash is the Hash of its body.
// The error says what a service would refuse.
func Verify(r *http.Request, bodyHash string, keys []Key, now time.Time) (Signed, error) {
	s, signature, date, err := parse(r)
	if err != nil {
		return s, err
	}
	i := slices.IndexFunc(keys, func(k Key) bool { return k.AccessKeyID == s.AccessKeyID })
	if i < 0 {
		return s, fmt.Errorf("the access key %s is not known", s.AccessKeyID)
	}
	if err := checkTime(r, date, now); err != nil {
		return s, err
	}
	if err := checkToken(r, keys[i]); err != nil {
		return s, err
	}
	if err := checkHeaders(r, s.Headers); err != nil {
		return s, err
	}
	if s.Payload, err = payload(r, s.Service, bodyHash); err != nil {
		return s, err
	}
	request := canonical(r, s)
	text := strings.Join([]string{s.Algorithm, r.Header.Get("X-Amz-Date"), scope(s, date), Hash([]byte(request))}, "\n")
	if s.Algorithm == v4a {
		return s, verifyV4A(keys[i], text, signature)
	}
	want := hex.EncodeToString(hmac256(signingKey(keys[i].SecretAccessKey, date, s), text))
	if !hmac.Equal([]byte(want), []byte(signature)) {
		return s, fmt.Errorf("the signature is %s, want %s for the canonical request\n%s", signature, want, request)
	}
	return s, nil
}

// parse reads the Authorization header.
func parse(r *http.Request) (s Signed, signature, date string, err error) {
	header := r.Header.Values("Authorization")
	if len(header) != 1 {
		return s, "", "", fmt.Errorf("%d Authorization headers, want one", len(header))
	}
	var rest string
	s.Algorithm, rest, _ = strings.Cut(header[0], " ")
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	credential := strings.Split(fields["Credential"], "/")
	want := map[string]int{v4: 5, v4a: 4}[s.Algorithm]
	if want == 0 || len(fields) != 3 || len(credential) != want || credential[want-1] != "aws4_request" {
		return s, "", "", fmt.Errorf("the Authorization header %q has not the form of AWS", header[0])
	}
	s.AccessKeyID, date, s.Service = credential[0], credential[1], credential[want-2]
	s.Region = r.Header.Get("X-Amz-Region-Set")
	if s.Algorithm == v4 {
		s.Region = credential[2]
	}
	s.Headers = strings.Split(fields["SignedHeaders"], ";")
	if s.Region == "" {
		return s, "", "", errors.New("the request names no region")
	}
	return s, fields["Signature"], date, nil
}

// checkTime refuses what is too old, or of another day than its scope.
func checkTime(r *http.Request, date string, now time.Time) error {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case err != nil:
		return fmt.Errorf("the time of the request: %w", err)
	case at.Format("20060102") != date:
		return fmt.Errorf("the scope is of %s and the request of %v", date, at)
	case at.Before(now.Add(-skew)) || at.After(now.Add(skew)):
		return fmt.Errorf("the request is of %v, and now is %v", at, now)
	}
	return nil
}

// checkToken refuses a token that is not the key's.
func checkToken(r *http.Request, k Key) error {
	header := k.TokenHeader
	if header == "" {
		header = "X-Amz-Security-Token"
	}
	if got := r.Header.Get(header); got != k.SessionToken {
		return fmt.Errorf("%s is %q, not that of key %s", header, got, k.AccessKeyID)
	}
	return nil
}

// checkHeaders refuses lists that are not sorted, and headers that must be signed and are not.
func checkHeaders(r *http.Request, signed []string) error {
	if !slices.IsSorted(signed) || len(slices.Compact(slices.Clone(signed))) != len(signed) {
		return fmt.Errorf("the signed headers %q are not sorted, or are there twice", signed)
	}
	needed := []string{"host"}
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-amz-") || name == "content-type" || name == "content-md5" {
			needed = append(needed, name)
		}
	}
	for _, name := range needed {
		if !slices.Contains(signed, name) {
			return fmt.Errorf("the header %s is not signed", name)
		}
	}
	return nil
}

// payload returns what was signed of the body.
func payload(r *http.Request, service, bodyHash string) (string, error) {
	switch sent := r.Header.Get("X-Amz-Content-Sha256"); {
	case sent == "UNSIGNED-PAYLOAD", sent == bodyHash:
		return sent, nil
	case sent == "" && !ofS3(service):
		return bodyHash, nil
	default:
		return "", fmt.Errorf("X-Amz-Content-Sha256 is %q, and the body's hash %s", sent, bodyHash)
	}
}

// ofS3 reports whether a service has S3's rules.
func ofS3(service string) bool { return strings.HasPrefix(service, "s3") }

func scope(s Signed, date string) string {
	if s.Algorithm == v4a {
		return date + "/" + s.Service + "/aws4_request"
	}
	return date + "/" + s.Region + "/" + s.Service + "/aws4_request"
}

// signingKey derives SigV4's key.
func signingKey(secret, date string, s Signed) []byte {
	key := hmac256([]byte("AWS4"+secret), date)
	return hmac256(hmac256(hmac256(key, s.Region), s.Service), "aws4_request")
}

func hmac256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
