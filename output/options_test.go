package output

import (
	"testing"

	"sluice/conf"
)

// TestStoreOptions: what the configuration says of AWS's endpoints reaches the store.
func TestStoreOptions(t *testing.T) {
	for _, c := range []conf.Config{{}, {UseFIPS: true}, {UseDualStack: true}} {
		if o := storeOptions(Options{Config: c}); o.UseFIPS != c.UseFIPS || o.UseDualStack != c.UseDualStack {
			t.Errorf("with %+v: %v and %v", c, o.UseFIPS, o.UseDualStack)
		}
	}
}
