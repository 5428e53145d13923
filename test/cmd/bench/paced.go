package main

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	"sluice/test/testenv"
)

const tinyRate = 1e6 // bytes a second that come in, some every 20 ms

// flush is how often Fluent Bit passes chunks on, in seconds: as often as paced lines come in; messages as it does
// by itself; else between the end of the file and the end of Fluent Bit, which looks once a second whether all is done.
func (in input) flush() string {
	switch {
	case in.socket != "":
		return "1"
	case in.pace > 0:
		return "0.02"
	}
	return "0.5"
}

// prepareTiny makes an input whose lines come in while Fluent Bit runs, so that its chunks are tiny.
func (s settings) prepareTiny(dir string) (input, error) {
	in := input{
		name: "tiny", parsed: true, outputs: gzipOutputs + ",sluice:gzip@1", pace: s.tiny,
		lines: testenv.Orders(int(s.tiny.Seconds() * tinyRate / sizeOfLine)),
	}
	in.tag, in.path = in.lines.Tag, filepath.Join(dir, "run", "tiny.log")
	var text bytes.Buffer
	err := in.lines.Write(&text, 0, in.lines.Count)
	in.size = int64(text.Len())
	return in, err
}

// feed brings in a paced input's lines, and ends Fluent Bit: in good order, if it has an answer for all.
func (in input) feed(ctx context.Context, p *testenv.Process, monitor string) error {
	if in.pace == 0 {
		return nil // it ends by itself
	}
	bring := in.write
	if in.socket != "" {
		bring = in.send
	}
	if err := bring(ctx, p); err != nil {
		p.Kill()
		return err
	}
	if err := testenv.Wait(ctx, p.Done(),
		func() bool { return testenv.Answered(monitor) >= in.lines.Count }); err != nil {
		p.Kill()
		return err
	}
	return p.Stop(ctx)
}

// write writes the lines that are due, again and again.
func (in input) write(ctx context.Context, p *testenv.Process) error {
	file, err := os.OpenFile(in.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	var text bytes.Buffer
	var failed error
	began, written := time.Now(), 0
	err = testenv.Wait(ctx, p.Done(), func() bool {
		due := min(in.lines.Count, int(float64(in.lines.Count)*float64(time.Since(began))/float64(in.pace)))
		text.Reset()
		if failed = in.lines.Write(&text, written, due); failed == nil {
			_, failed = file.Write(text.Bytes())
		}
		written = due
		return failed != nil || written == in.lines.Count
	})
	return cmp.Or(failed, err)
}
