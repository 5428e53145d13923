package output

import (
	"sluice/conf"
	"sluice/output/s3"
)

// Host returns the host that a configuration's objects are sent to, with its port if it has one. Its error says which
// settings exclude each other.
func Host(c conf.Config, bucket string) (string, error) {
	return s3.Host(storeOptions(Options{Config: c}), bucket)
}
