package e2e

import (
	"testing"

	"sluice/test/testenv"
)

// firstThatReloads under load: in those before, a reload now and then never ends.
var firstThatReloads = testenv.Version{5, 0, 0}

// TestHotReloadUnderLoad reloads 30 times while lines are appended. With workers 0: with workers, Fluent
// Bit itself crashes on reloads of Go outputs (it starts two pools of workers and frees one,
// flb_plugin_proxy.c:588 and flb_output.c:1809).
//
// Fluent Bit waits for all chunks before it reloads, and tail notes its offset in its database when it
// hands lines over. So nothing may be lost and nothing may be there twice, whatever the storage.
func TestHotReloadUnderLoad(t *testing.T) {
	needWorld(t)
	needVersion(t, firstThatReloads, "a reload under load may never end")
	t.Parallel()
	for _, filesystem := range []bool{false, true} {
		storage := pick(filesystem, "filesystem", "memory")
		t.Run(storage, func(t *testing.T) {
			t.Parallel()
			bucket := newBucket(t)
			p := newPipeline(t, bucket, testenv.Orders(0), testenv.Access(0))
			p.reloads, p.filesystem, p.workers = true, filesystem, 0
			p.output = append(p.output,
				testenv.Property{Name: "compression", Value: "gzip"},
				testenv.Property{Name: "upload_timeout", Value: "1s"},
			)
			load := startLoad(p.dir, p.streams...)
			f := p.start(t)
			f.until(t, "Fluent Bit runs", f.listens)
			for n := 1; n <= 30; n++ {
				f.reload(t)
				f.until(t, "it has reloaded", func() bool { return f.reloads() >= n })
			}
			lines := load.end(t)
			f.until(t, "all lines are there", func() bool { return count(t, bucket, lines...).Complete() })
			f.stop(t)
			tally := count(t, bucket, lines...)
			t.Logf("\n%s", tally)
			wantOnce(t, tally)
		})
	}
}
