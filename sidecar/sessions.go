package sidecar

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// sessions issue the session tokens of the face imds. A token carries its end and
// is signed, so that none has to be kept: memory does not grow with their number.
// A restart ends all of them; clients then ask for another. In base64:
//
//	8 bytes  end, Unix seconds, big-endian
//	8 bytes  random
//	32 bytes HMAC-SHA256 of these and of the listener's address
type sessions struct{ key [32]byte }

func newSessions() *sessions {
	s := &sessions{}
	rand.Read(s.key[:]) // never fails (package crypto/rand)
	return s
}

// sessionHead is how many bytes are signed.
const sessionHead = 16

// issue makes a token that is valid at one listener until end.
func (s *sessions) issue(listener string, end time.Time) string {
	token := binary.BigEndian.AppendUint64(nil, uint64(end.Unix()))
	token = append(token, make([]byte, 8)...)
	rand.Read(token[8:])
	return base64.URLEncoding.EncodeToString(append(token, s.mac(listener, token)...))
}

// valid reports whether a token was issued for a listener and has not ended.
func (s *sessions) valid(listener, token string, now time.Time) bool {
	b, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(b) != sessionHead+sha256.Size {
		return false
	}
	if !hmac.Equal(b[sessionHead:], s.mac(listener, b[:sessionHead])) {
		return false
	}
	return now.Unix() < int64(binary.BigEndian.Uint64(b))
}

func (s *sessions) mac(listener string, head []byte) []byte {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write(head)
	mac.Write([]byte(listener))
	return mac.Sum(nil)
}
