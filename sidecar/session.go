package sidecar

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// sessions issue the tokens of EC2's interface. A token carries its end and is
// signed, so that nothing is kept of it: however many are asked for, memory does
// not grow. A restart ends them all; clients then ask for another.
//
//	8 bytes  end, Unix seconds
//	8 bytes  random
//	32 bytes HMAC-SHA256 of these and of the listener's address
type sessions struct{ key [32]byte }

func newSessions() *sessions {
	s := &sessions{}
	rand.Read(s.key[:]) // never fails (package crypto/rand)
	return s
}

const sessionHead = 16

// issue makes a token that is good at one listener.
func (s *sessions) issue(listener string, end time.Time) string {
	token := binary.BigEndian.AppendUint64(nil, uint64(end.Unix()))
	token = append(token, make([]byte, 8)...)
	rand.Read(token[8:])
	return base64.URLEncoding.EncodeToString(append(token, s.sign(listener, token)...))
}

// good tells whether a token was issued for a listener and has not ended.
func (s *sessions) good(listener, token string, now time.Time) bool {
	b, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(b) != sessionHead+sha256.Size || !hmac.Equal(b[sessionHead:], s.sign(listener, b[:sessionHead])) {
		return false
	}
	return now.Unix() < int64(binary.BigEndian.Uint64(b))
}

func (s *sessions) sign(listener string, head []byte) []byte {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write(head)
	mac.Write([]byte(listener))
	return mac.Sum(nil)
}
