package container_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// nameServer is a DNS server that answers queries for IPv4 addresses from a script and repeats the last answer. It
// answers no other kind.
type nameServer struct {
	conn net.PacketConn

	mu      sync.Mutex // guards answers
	answers []netip.Addr
}

// newNameServer starts one and returns a resolver that asks only it.
func newNameServer(t *testing.T, answers ...string) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn: conn}
	for _, a := range answers {
		s.answers = append(s.answers, netip.MustParseAddr(a))
	}
	var served sync.WaitGroup
	served.Go(s.serve)
	t.Cleanup(func() {
		conn.Close()
		served.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		s.conn.WriteTo(s.answer(buf[:n]), from)
	}
}

// answer returns the reply to a query (RFC 1035, section 4): a header of 12 bytes, the question, and the address, whose
// name points to the question's.
func (s *nameServer) answer(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += 1 + int(query[end]) // a label and its length
	}
	end += 5 // the name's end, type and class
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	const typeA = 1
	if binary.BigEndian.Uint16(query[end-4:]) != typeA {
		return reply
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	address := s.answers[0].As4()
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	reply[7] = 1 // one answer: type, class, no time to live, length
	reply = append(reply, 0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(reply, address[:]...)
}
