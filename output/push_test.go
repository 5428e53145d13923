package output_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
	"sluice/output/s3test"
)

// push pushes the rig's spool, as "sluice spool push" does.
func (r *rig) push(o output.PushOptions) (done output.Pushed, events []output.Event) {
	r.t.Helper()
	o.Dir, o.Log = r.dir, slog.New(slog.NewTextHandler(&r.log, nil))
	o.Credentials = func(conf.Config) creds.Provider {
		return creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}}
	}
	o.Config = func(own map[string]string) (conf.Config, error) {
		return conf.Parse(func(name string) (string, bool) { value, set := own[name]; return value, set },
			conf.Checks{})
	}
	o.OnEvent = func(e output.Event) { events = append(events, e) }
	done, err := output.Push(r.t.Context(), o, func(output.Pushed) {})
	if err != nil {
		r.t.Fatal(err)
	}
	return done, events
}

// leave has chunks left in the spool, each pair a tag and its chunk, of an output whose server is down.
func (r *rig) leave(pairs []string, settings ...string) {
	r.t.Helper()
	r.s3.SetFault(func(w http.ResponseWriter, _ *http.Request) bool {
		s3test.Fail(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	})
	out := r.open(settings...)
	for i := 0; i < len(pairs); i += 2 {
		r.flush(out, pairs[i], record(pairs[i+1]))
	}
	r.close(out, 0)
	r.s3.SetFault(nil)
}

// TestPushElsewhere: a push stores in the bucket that it is given, under the same keys, and reports that one.
func TestPushElsewhere(t *testing.T) {
	r := newRig(t)
	r.leave([]string{"app", "one", "web", "two"}, "bucket=before")
	r.s3.SetFault(only("NoSuchBucket"))
	done, events := r.push(output.PushOptions{Bucket: "other"})
	if done.Left != 2 || len(events) != 2 || events[0].Bucket != "other" {
		t.Errorf("to another bucket that is not there: %+v, %+v", done, events)
	}
	done, events = r.push(output.PushOptions{Bucket: "b"})
	if done.Segments != 2 || done.Left != 0 || r.s3.Len() != 2 || len(r.segments()) != 0 {
		t.Errorf("pushed %+v, and there are %d objects", done, r.s3.Len())
	}
	for _, e := range events {
		if e.Bucket != "b" || r.s3.Object("b/"+e.Key) == nil {
			t.Errorf("told of %s/%s, which is not there", e.Bucket, e.Key)
		}
	}
}

// damage changes bytes in the spool's segments.
func (r *rig) damage(old, new string) {
	r.t.Helper()
	for _, name := range r.segments() {
		text, err := os.ReadFile(name)
		if err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(name, bytes.ReplaceAll(text, []byte(old), []byte(new)), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
}

// TestPushReportsQuarantine: what cannot be read of a segment is reported with its reason, and how much of it
// was stored; each time that the quarantine is pushed.
func TestPushReportsQuarantine(t *testing.T) {
	r := newRig(t)
	r.leave([]string{"parts", "good", "parts", "spoilt", "nothing", "spoilt", "whole", "good"})
	r.damage("spoilt", "SPOILT")
	for _, again := range []bool{false, true} {
		done, _ := r.push(output.PushOptions{Readmit: again})
		if len(done.Quarantined) != 2 || done.Left != 0 {
			t.Fatalf("again %t: pushed %+v, want two put aside", again, done)
		}
		for _, each := range done.Quarantined {
			if _, err := os.Stat(each.File); err != nil || filepath.Base(filepath.Dir(each.File)) != "quarantine" {
				t.Errorf("%s is not in the quarantine: %v", each.File, err)
			}
			want := map[bool]string{true: "1 records were shipped", false: "0 records were shipped"}[each.Records > 0]
			if !strings.Contains(each.Reason, want) || !strings.Contains(each.Reason, "checksum") {
				t.Errorf("%d records of %s: %q, want %q", each.Records, each.File, each.Reason, want)
			}
		}
		if done.Quarantined[0].Records+done.Quarantined[1].Records != 1 {
			t.Errorf("stored of what was put aside: %+v, want one record", done.Quarantined)
		}
	}
	if done, _ := r.push(output.PushOptions{}); len(done.Quarantined) != 0 {
		t.Errorf("what had been put aside before: %+v", done.Quarantined)
	}
}
