package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/tinylib/msgp/msgp"

	"sluice/test/testenv"
)

// The messages of the inputs turns come in one after the other at one rate, whatever their tags.
const (
	turnsRate     = 100e6 // bytes of lines a second
	turnsMessages = 10_000
)

// timeout is the upload_timeout: messages come in for longer than that, so that objects are completed all the time.
func (in input) timeout() string {
	if in.socket != "" {
		return "5s"
	}
	return "10m"
}

// prepareTurns makes an input of messages of Fluentd's forward protocol, whose tags take turns: each has its messages
// and is not seen again. The messages are the same, and so is their rate, with one tag and with many.
func (s settings) prepareTurns(name, dir string, tags int) (in input, err error) {
	size := s.size * 10
	in = input{name: name, outputs: gzipOutputs, tags: tags, lines: testenv.Orders(int(size / sizeOfLine)),
		pace: time.Duration(float64(size) / turnsRate * 1e9)}
	in.path, in.socket = filepath.Join(dir, "turns"), filepath.Join(dir, "run", "forward.sock")
	if info, err := os.Stat(in.path); err == nil {
		in.size = info.Size()
		return in, nil
	}
	file, err := os.Create(in.path)
	if err != nil {
		return in, err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	for n := range turnsMessages {
		message, err := in.message(n)
		if err != nil {
			return in, err
		}
		if _, err := w.Write(message); err != nil {
			return in, err
		}
		in.size += int64(len(message))
	}
	return in, w.Flush()
}

// message returns a message without its tag, behind its length.
func (in input) message(n int) ([]byte, error) {
	var text bytes.Buffer
	if err := in.lines.Write(&text, in.lines.Count*n/turnsMessages, in.lines.Count*(n+1)/turnsMessages); err != nil {
		return nil, err
	}
	b := msgp.AppendArrayHeader(make([]byte, 4), uint32(bytes.Count(text.Bytes(), []byte("\n"))))
	for line := range bytes.Lines(text.Bytes()) {
		b = msgp.AppendInt64(msgp.AppendArrayHeader(b, 2), epoch)
		b = msgp.AppendStringFromBytes(msgp.AppendString(msgp.AppendMapHeader(b, 1), "log"),
			bytes.TrimSuffix(line, []byte("\n")))
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return b, nil
}

// epoch is when all that is forwarded was logged.
const epoch = 1_795_600_000

// send sends the messages to Fluent Bit, those that are due.
func (in input) send(ctx context.Context, p *testenv.Process) error {
	file, err := os.Open(in.path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	var conn net.Conn
	if err := testenv.Wait(ctx, p.Done(),
		func() bool { conn, err = net.Dial("unix", in.socket); return err == nil }); err != nil {
		return err
	}
	defer conn.Close()
	began, sent := time.Now(), 0
	var failed error
	err = testenv.Wait(ctx, p.Done(), func() bool {
		due := min(turnsMessages, int(turnsMessages*float64(time.Since(began))/float64(in.pace)))
		for ; sent < due && failed == nil; sent++ {
			failed = sendOne(conn, r, in.tagOf(sent))
		}
		return failed != nil || sent == turnsMessages
	})
	if failed != nil {
		return fmt.Errorf("message %d: %w", sent, failed)
	}
	return err
}

// tagOf returns a message's tag.
func (in input) tagOf(n int) string { return "t." + strconv.Itoa(n*in.tags/turnsMessages) }

// sendOne sends one message with its tag.
func sendOne(w io.Writer, messages io.Reader, tag string) error {
	var size [4]byte
	if _, err := io.ReadFull(messages, size[:]); err != nil {
		return err
	}
	if _, err := w.Write(msgp.AppendString(msgp.AppendArrayHeader(nil, 2), tag)); err != nil {
		return err
	}
	_, err := io.CopyN(w, messages, int64(binary.LittleEndian.Uint32(size[:])))
	return err
}
