package sidecar

import "github.com/prometheus/client_golang/prometheus"

// keyCollector reports the age of keys when Prometheus asks.
type keyCollector struct {
	server *Server
	age    *prometheus.Desc
	expiry *prometheus.Desc
}

func newKeyCollector(s *Server) keyCollector {
	labels := []string{"service"}
	return keyCollector{
		server: s,
		age: prometheus.NewDesc("sluice_sidecar_key_age_seconds",
			"Time since the key was retrieved.", labels, nil),
		expiry: prometheus.NewDesc("sluice_sidecar_key_expires_seconds",
			"Time until the key expires.", labels, nil),
	}
}

// Describe sends the descriptions of the metrics.
func (c keyCollector) Describe(out chan<- *prometheus.Desc) { out <- c.age; out <- c.expiry }

// Collect sends the metrics of each service.
func (c keyCollector) Collect(out chan<- prometheus.Metric) {
	now := c.server.opts.Now()
	send := func(d *prometheus.Desc, seconds float64, service string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, seconds, service)
	}
	for _, s := range c.server.registry.all() {
		key := s.entry.info.Load()
		if key == nil {
			continue
		}
		send(c.age, now.Sub(key.retrieved).Seconds(), s.name)
		if !key.expires.IsZero() {
			send(c.expiry, key.expires.Sub(now).Seconds(), s.name)
		}
	}
}
