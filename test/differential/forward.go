package differential

import (
	"fmt"
	"io"
	"net"
)

// forward sends records to Fluent Bit's forward input and waits for its acknowledgements: what is
// acknowledged is in a chunk. The protocol is
// github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1.
type forward struct {
	conn net.Conn
	sent int
}

// packed sends events in the PackedForward mode, which puts their bytes into the chunk as they are.
func (f *forward) packed(tag string, events []byte) error {
	p := packer{}
	p.array(3, 0)
	p.str(tag, 0)
	p.bin(string(events), 0)
	return f.send(&p)
}

// entries sends events in the Forward mode, which Fluent Bit packs again.
func (f *forward) entries(tag string, events [][]byte) error {
	p := packer{}
	p.array(3, 0)
	p.str(tag, 0)
	p.array(len(events), 0)
	for _, e := range events {
		p.raw(e...)
	}
	return f.send(&p)
}

// send adds the option that asks for an acknowledgement, and reads it.
func (f *forward) send(p *packer) error {
	f.sent++
	id := fmt.Sprintf("chunk-%06d", f.sent)
	p.object(1, 0)
	p.str("chunk", 0)
	p.str(id, 0)
	if _, err := f.conn.Write(p.bytes); err != nil {
		return fmt.Errorf("send %s: %w", id, err)
	}
	want := packer{}
	want.object(1, 0)
	want.str("ack", 0)
	want.str(id, 0)
	got := make([]byte, len(want.bytes))
	if _, err := io.ReadFull(f.conn, got); err != nil {
		return fmt.Errorf("read the acknowledgement of %s: %w", id, err)
	}
	if string(got) != string(want.bytes) {
		return fmt.Errorf("acknowledgement of %s: got %q", id, got)
	}
	return nil
}
