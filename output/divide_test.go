package output_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sluice/output"
)

// folders wants what is in the objects of each folder: the values of the member m, in order.
func (r *rig) folders(want map[string]string) {
	r.t.Helper()
	got := map[string]string{}
	for folder, text := range r.s3.Folders() {
		for line := range strings.Lines(text) {
			_, value, _ := strings.Cut(line, `"m":"`)
			got[folder] += strings.TrimRight(value, "}\"\n")
		}
	}
	if !maps.Equal(got, want) {
		r.t.Errorf("stored %v\nwant   %v", got, want)
	}
}

// overflow wants how many records are not under the key of their own.
func overflow(t *testing.T, out *output.Output, want map[string]int64) {
	t.Helper()
	got := out.Status().Overflow
	maps.DeleteFunc(got, func(_ string, n int64) bool { return n == 0 })
	if !maps.Equal(got, want) {
		t.Errorf("overflow is %v, want %v", got, want)
	}
}

func TestDividedByFields(t *testing.T) {
	r := newRig(t)
	out := r.open("s3_key_format=/$TAG/ns=$k['ns']/$level/$UUID")
	now := time.Now()
	first := slices.Concat(
		event(now, `{"k":{"ns":"a"},"level":1,"m":"1"}`), event(now, `{"k":{"ns":"b/.."},"level":1,"m":"2"}`),
		event(now, `{"k":{"ns":"a"},"level":1,"m":"3"}`))
	r.flush(out, "app", slices.Concat(first, event(now, `{"k":[],"level":true,"m":"4"}`),
		event(now, `{"k":{"ns":"a"},"level":1,"m":"5"}`), event(now, `{"k":{"ns":"a"},"level":1,"m":"6"}`)))
	r.flush(out, "web", first)
	r.close(out, plenty)
	r.folders(map[string]string{
		"b/app/ns=a/1": "1356", "b/app/ns=b%2F../1": "2", "b/app/ns=__HIVE_DEFAULT_PARTITION__/true": "4",
		"b/web/ns=a/1": "13", "b/web/ns=b%2F../1": "2",
	})
}

func TestDividedByTime(t *testing.T) {
	r := newRig(t)
	now := time.Date(2026, 11, 29, 10, 30, 0, 0, time.UTC)
	r.now = func() time.Time { return now }
	out := r.open("s3_key_format=/dt=%F/%H/$UUID", "key_time=record", "time_zone=+0100", "key_time_max_age=2d")
	var chunk []byte
	for i, at := range []time.Duration{0, -30 * time.Minute, -31 * time.Minute, 31 * time.Minute, -13 * time.Hour,
		-49 * time.Hour, 61 * time.Minute, -20 * time.Minute, -11 * time.Hour} {
		chunk = append(chunk, event(now.Add(at), fmt.Sprintf(`{"m":"%d"}`, i))...)
	}
	r.flush(out, "app", chunk)
	overflow(t, out, map[string]int64{"late": 1, "future": 1})
	r.close(out, plenty)
	r.folders(map[string]string{
		"b/dt=2026-11-29/11": "01567", "b/dt=2026-11-29/10": "2", "b/dt=2026-11-29/12": "3",
		"b/dt=2026-11-28/22": "4", "b/dt=2026-11-29/00": "8",
	})
}

func TestTooManyStreams(t *testing.T) {
	r := newRig(t)
	out := r.open("s3_key_format=/$id/%S/$UUID", "key_time=record", "key_max_streams=3", "tags=id=$id")
	now := time.Unix(time.Now().Unix()/60*60, 0)
	var chunk []byte
	for i := range 10 {
		chunk = append(chunk, event(now, fmt.Sprintf(`{"id":%d,"m":"%d"}`, i%6, i))...)
	}
	r.flush(out, "app", chunk)
	r.flush(out, "app", chunk)
	overflow(t, out, map[string]int64{"streams": 8})
	r.close(out, plenty)
	if n := strings.Count(r.log.String(), "raise key_max_streams"); n != 1 {
		t.Errorf("warned %d times", n)
	}
	got := r.s3.Folders()
	for folder, text := range got {
		id := strings.Split(folder, "/")[1]
		if lines := strings.Count(text, "\n"); lines != map[string]int{"0": 4, "1": 4, "2": 4, "__other__": 8}[id] {
			t.Errorf("%s has %d lines", folder, lines)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d folders: %v", len(got), got)
	}
}

// Chunks that Fluent Bit delivers again are not stored twice, though they are divided otherwise.
func TestDividedAgain(t *testing.T) {
	r := newRig(t)
	r.s3.SetFault(only("InternalError")) // nothing is stored by the first process
	chunk := slices.Concat(event(time.Now(), `{"id":1,"m":"1"}`), event(time.Now(), `{"id":2,"m":"2"}`))
	out := r.open("s3_key_format=/$id/$UUID")
	r.flush(out, "app", chunk)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := out.Close(stopped, 1); err != nil { // Fluent Bit has not noted the answer
		t.Fatal(err)
	}
	r.s3.SetFault(nil)

	out = r.open("s3_key_format=/$id/$UUID", "key_max_streams=1")
	r.flush(out, "app", chunk)
	r.close(out, plenty)
	r.folders(map[string]string{"b/1": "1", "b/2": "2"})
}

func TestBucketsByField(t *testing.T) {
	r := newRig(t)
	out := r.open("bucket=logs-$team", "bucket_allow=logs-a,logs-b", "bucket_default=rest", "s3_key_format=/x/$UUID")
	var chunk []byte
	for i, team := range []string{`"a"`, `"b"`, `"c"`, `"a/../b"`, `null`, `"a"`} {
		chunk = append(chunk, event(time.Now(), fmt.Sprintf(`{"team":%s,"m":"%d"}`, team, i))...)
	}
	r.flush(out, "app", chunk)
	overflow(t, out, map[string]int64{"bucket": 3})
	r.close(out, plenty)
	r.folders(map[string]string{"logs-a/x": "05", "logs-b/x": "1", "rest/x": "234"})
}

func TestTagsByField(t *testing.T) {
	r := newRig(t)
	out := r.open("tags=team=$team", "metadata=from=$TAG-$team", "s3_key_format=/x/$UUID")
	r.flush(out, "app", slices.Concat(event(time.Now(), `{"team":"a&b=c","m":"1"}`), event(time.Now(), `{"m":"2"}`)))
	r.close(out, plenty)
	var got []string
	for _, request := range r.s3.Requests() {
		o := r.s3.Object(request[strings.IndexByte(request, '/')+1:])
		if o == nil {
			t.Fatalf("nothing is stored by %s", request)
		}
		got = append(got, o.Header.Get("X-Amz-Tagging")+" "+o.Header.Get("X-Amz-Meta-From"))
	}
	slices.Sort(got)
	if want := []string{"team= app-", "team=a_b%3Dc app-a&b=c"}; !slices.Equal(got, want) {
		t.Errorf("stored with %q, want %q", got, want)
	}
}

// What is not a record goes where records without the fields do, and is told; all others are stored.
func TestDividedDamage(t *testing.T) {
	r := newRig(t)
	out := r.open("s3_key_format=/$id/$UUID")
	r.flush(out, "app", slices.Concat(event(time.Now(), `{"id":1,"m":"1"}`), []byte{0xc0},
		event(time.Now(), `{"id":2,"m":"2"}`), event(time.Now(), `{"id":3,"m":"3"}`)[:20]))
	r.flush(out, "app", nil)
	r.close(out, plenty)
	if q := r.quarantine(); len(q) != 1 || !strings.Contains(q[0], "nil instead of an array") {
		t.Errorf("the quarantine has %q", q)
	}
	r.folders(map[string]string{"b/1": "1", "b/2": "2"})
}

// Each part has the groups of its records: resource and scope of OpenTelemetry.
func TestDividedGroups(t *testing.T) {
	r := newRig(t)
	out := r.open("s3_key_format=/$id/$UUID")
	group := func(name string) []byte {
		b := event(time.Unix(0, 0), `{"group":"`+name+`"}`)
		copy(b[4:], "\xff\xff\xff\xff\x00\x00\x00\x00")
		return b
	}
	end := event(time.Unix(0, 0), `{}`)
	copy(end[4:], "\xff\xff\xff\xfe\x00\x00\x00\x00")
	one, two := event(time.Now(), `{"id":1}`), event(time.Now(), `{"id":2}`)
	r.flush(out, "app", slices.Concat(one, group("g"), one, two, two, group("h"), one, end, two, one, group("i"), end))
	r.close(out, plenty)
	got := map[string]string{}
	for folder, text := range r.s3.Folders() {
		for line := range strings.Lines(text) {
			_, name, _ := strings.Cut(line, `"group":"`)
			got[folder] += (name + "-")[:1]
		}
	}
	if want := map[string]string{"b/1": "-gh-", "b/2": "gg-"}; !maps.Equal(got, want) {
		t.Errorf("groups are %v, want %v", got, want)
	}
}

// FuzzKey wants of any record a key that S3 takes, in the folder of the format, and a bucket that is allowed.
func FuzzKey(f *testing.F) {
	cfg := parsed(f, "bucket=$a['b']", "bucket_allow=x,logs", "bucket_default=y",
		"s3_key_format=/logs/$TAG[1]/a=$a/$a['b']/$c[0]-%Y/$d/$e/$f/$g/$UUID")
	for _, seed := range []string{`{}`, `{"a":"x/../../y","c":["\u0000"]}`, `{"a":{"b":"logs"}}`, `{"a":{"b":".."}}`,
		`{"a":"` + strings.Repeat("é/", 300) + `","d":1e300,"e":-1,"f":"` + strings.Repeat("%", 200) + `"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := output.ParseSample(text)
		if err != nil {
			return // no record
		}
		e, err := output.NewExample(cfg, "app.x", time.Unix(1_800_000_000, 0), s)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains([]string{"x", "logs", "y"}, e.Bucket) {
			t.Errorf("bucket %q", e.Bucket)
		}
		if !strings.HasPrefix(e.Key, "logs/") || !utf8.ValidString(e.Key) || len(e.Key) > 1024 {
			t.Errorf("key %q of %d bytes", e.Key, len(e.Key))
		}
		folders := strings.Split(e.Key, "/")
		for _, part := range folders[2:] {
			if part == "." || part == ".." || part == "" {
				t.Errorf("key %q has the element %q", e.Key, part)
			}
		}
		if bytes.ContainsAny([]byte(strings.Join(folders[2:], "")), "\x00\n\\?#") {
			t.Errorf("key %q", e.Key)
		}
	})
}
