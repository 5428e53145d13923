package record_test

import (
	"fmt"
	"testing"

	"sluice/output/record"
)

// kubernetes returns the body of a record as filter_kubernetes leaves it, about 640 bytes.
func kubernetes(i int) []byte {
	b := []byte{0xdf, 0, 0, 0, 6}
	b = members(b, "time", "2026-08-05T04:03:02.123456789Z", "stream", "stdout", "_p", "F", "level", "info", "log",
		fmt.Sprintf(`{"level":"info","msg":"order %d accepted","customer":"c-%d","took_ms":%d,"path":"/v1/orders"}`,
			i, i*31%9973, i%977))
	b = append(record.AppendStr(b, "kubernetes"), 0xde, 0, 9)
	b = members(b, "pod_name", "orders-7c9d8f6b5d-x2k4q", "namespace_name", fmt.Sprintf("team-%d", i%40),
		"pod_id", "0d9c7c1a-5a3e-4a57-9b1e-6f2c4d1e8a90", "host", "ip-10-0-17-42.eu-central-1.compute.internal",
		"container_name", "orders", "container_image", "registry.example.com/shop/orders:2026.8.1",
		"docker_id", "6b1f2b8f1a6e0f0f5e5d8d3c7f2a9b4c6d8e0f1a2b3c4d5e6f708192a3b4c5d6")
	b = append(record.AppendStr(b, "labels"), 0x84)
	b = members(b, "app", "orders", "pod-template-hash", "7c9d8f6b5d", "team", "shop", "version", "2026.8.1")
	b = append(record.AppendStr(b, "annotations"), 0x82)
	return members(b, "prometheus.io/scrape", "true", "checksum/config", "5f2c8e9d7b6a1f3e")
}

func members(b []byte, namesAndValues ...string) []byte {
	for _, s := range namesAndValues {
		b = record.AppendStr(b, s)
	}
	return b
}

// The time is that of one record. BenchmarkSkip is what it takes to find its end alone.
func BenchmarkFind(b *testing.B) {
	body := kubernetes(7)
	for _, c := range []struct{ name, accessors string }{
		{"1", "$kubernetes['namespace_name']"},
		{"3", "$level,$kubernetes['namespace_name'],$kubernetes['labels']['app']"},
	} {
		b.Run(c.name, func(b *testing.B) {
			l := lookup(b, c.accessors)
			var values []record.Value
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if values, _, err = l.Find(values, body); err != nil || !values[0].Found {
					b.Fatal(values, err)
				}
			}
		})
	}
}

func BenchmarkSkip(b *testing.B) {
	body := kubernetes(7)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := record.Skip(body); err != nil {
			b.Fatal(err)
		}
	}
}
