package pipeline

import (
	"log/slog"
	"path/filepath"
	"testing"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
)

// push pushes the rig's spool as "sluice spool push" does, with settings that are not the segments' own.
func (r *rig) push(readmit bool, settings map[string]string) (done output.Pushed, events []output.Event) {
	r.t.Helper()
	done, err := output.Push(r.t.Context(), output.PushOptions{
		Dir: r.dir, Readmit: readmit, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
		Credentials: func(conf.Config) creds.Provider { return r.keys },
		Config: func(own map[string]string) (conf.Config, error) {
			return conf.Parse(func(name string) (string, bool) {
				if value, set := settings[name]; set {
					return value, true
				}
				value, set := own[name]
				return value, set
			}, conf.Checks{})
		},
		OnEvent: func(e output.Event) { events = append(events, e) },
	}, func(output.Pushed) {})
	if err != nil {
		r.t.Fatal(err)
	}
	return done, events
}

// TestPush uploads what an output has left, to where it was meant to go, and leaves the rest.
func TestPush(t *testing.T) {
	r := newRig(t)
	out := r.open("auto_retry_requests=off", "content_type=text/x", "compression=gzip", ownKeys)
	r.front.fail.Store(1 << 30)
	r.flush(out, "app", record("one"))
	r.flush(out, "web", record("two"))
	if err := out.Close(t.Context(), 2); err != nil { // Fluent Bit has noted neither
		t.Fatal(err)
	}
	if done, _ := r.push(false, map[string]string{"auto_retry_requests": "off"}); done.Segments != 2 || done.Left != 2 {
		t.Errorf("without a server: %+v, want 2 of 2 left", done)
	}
	r.front.fail.Store(0)
	done, events := r.push(false, nil)
	if done.Segments != 2 || done.Left != 0 || len(events) != 2 {
		t.Errorf("pushed %+v, with the events %+v", done, events)
	}
	for key, content := range r.objects() {
		if head := r.head(key); *head.ContentType != "text/x" || *head.ContentEncoding != "gzip" ||
			content != line("one") && content != line("two") {
			t.Errorf("%s: type %s, encoding %s, content %q", key, *head.ContentType, *head.ContentEncoding, content)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(r.dir, "*.*")); len(r.objects()) != 2 || len(left) != 0 {
		t.Errorf("%d objects, and the spool has %v", len(r.objects()), left)
	}
	// What Fluent Bit may deliver again is known as before.
	out = r.open(ownKeys)
	r.flush(out, "app", record("one"))
	r.close(out, plenty)
	if n := len(r.objects()); n != 2 {
		t.Errorf("%d objects after a chunk came again, want 2", n)
	}
}

// TestPushQuarantine: what was given up is pushed when the cause has been mended.
func TestPushQuarantine(t *testing.T) {
	r := newRig(t)
	out := r.open("auto_retry_requests=off", "upload_retry_limit=0", ownKeys)
	r.front.fail.Store(1)
	r.flush(out, "app", record("one"))
	r.close(out, plenty)
	if done, _ := r.push(false, nil); done.Segments != 0 || len(r.objects()) != 0 {
		t.Errorf("pushed %+v from the quarantine without being asked", done)
	}
	if done, _ := r.push(true, nil); done.Segments != 1 || done.Left != 0 {
		t.Errorf("pushed %+v, want 1", done)
	}
	r.log.Reset()
	r.wantOne(line("one"))
	if left, _ := filepath.Glob(filepath.Join(r.dir, "quarantine", "*")); len(left) != 0 {
		t.Errorf("the quarantine still has %v", left)
	}
}
