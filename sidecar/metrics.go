package sidecar

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are CredProxy's, by their names, and ours.
type metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec   // CredProxy's
	durations *prometheus.HistogramVec // CredProxy's

	answers   *prometheus.CounterVec
	refusals  *prometheus.CounterVec
	refreshes *prometheus.CounterVec
	latency   *prometheus.HistogramVec
	reloads   *prometheus.CounterVec
}

// unknownService is CredProxy's label for requests without a service.
const unknownService = "unknown"

func newMetrics(s *Server) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, labels)
	}
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		requests:  counter("credproxy_requests_total", "Requests for credentials.", "result", "service_name"),
		durations: histogram("credproxy_request_duration_seconds", "How long requests took.", "result", "service_name"),
		answers:   counter("sluice_sidecar_requests_total", "Requests for credentials.", "face", "result"),
		refusals:  counter("sluice_sidecar_refusals_total", "Requests that were refused.", "face", "status"),
		refreshes: counter("sluice_sidecar_refreshes_total", "Retrievals of keys.", "service", "result"),
		latency:   histogram("sluice_sidecar_refresh_duration_seconds", "How long retrievals took.", "service"),
		reloads:   counter("sluice_sidecar_reloads_total", "Reloads of configuration files.", "result"),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "credproxy_app_info", Help: "The program.", ConstLabels: prometheus.Labels{"name": "sluice", "version": s.opts.Version},
	})
	info.Set(1)
	active := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "credproxy_active_services_total", Help: "Services in force."},
		func() float64 { return float64(len(s.registry.all())) })
	m.registry.MustRegister(m.requests, m.durations, m.answers, m.refusals, m.refreshes, m.latency, m.reloads, info, active, newKeyCollector(s))
	return m
}

// handler answers at a listener, if it is called by a name of ours: services' names are no page's to read.
func (m *metrics) handler(l Listener) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !l.hostAllowed(r) {
			errBadHost().writeText(w)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// request counts a request for credentials.
func (m *metrics) request(face, result, service string, took time.Duration) {
	if service == "" {
		service = unknownService
	}
	m.requests.WithLabelValues(result, service).Inc()
	m.durations.WithLabelValues(result, service).Observe(took.Seconds())
	m.answers.WithLabelValues(face, result).Inc()
}

func (m *metrics) refused(face string, status int) {
	m.refusals.WithLabelValues(face, strconv.Itoa(status)).Inc()
}

// refresh counts a retrieval.
func (m *metrics) refresh(service string, took time.Duration, err error) {
	result := "success"
	if err != nil {
		result = "error"
	}
	m.refreshes.WithLabelValues(service, result).Inc()
	m.latency.WithLabelValues(service).Observe(took.Seconds())
}

// forget drops what is counted of a service that is gone.
func (m *metrics) forget(service string) {
	m.requests.DeletePartialMatch(prometheus.Labels{"service_name": service})
	m.durations.DeletePartialMatch(prometheus.Labels{"service_name": service})
	m.refreshes.DeletePartialMatch(prometheus.Labels{"service": service})
	m.latency.DeletePartialMatch(prometheus.Labels{"service": service})
}

// keyCollector tells the age of keys when it is asked.
type keyCollector struct {
	server      *Server
	age, expiry *prometheus.Desc
}

func newKeyCollector(s *Server) keyCollector {
	return keyCollector{
		server: s,
		age:    prometheus.NewDesc("sluice_sidecar_key_age_seconds", "Time since the key was retrieved.", []string{"service"}, nil),
		expiry: prometheus.NewDesc("sluice_sidecar_key_expires_seconds", "Time until the key ends.", []string{"service"}, nil),
	}
}

// Describe lists the metrics.
func (c keyCollector) Describe(out chan<- *prometheus.Desc) { out <- c.age; out <- c.expiry }

// Collect looks at each service.
func (c keyCollector) Collect(out chan<- prometheus.Metric) {
	now := c.server.opts.Now()
	for _, s := range c.server.registry.all() {
		h := s.keeper.held.Load()
		if h == nil {
			continue
		}
		out <- prometheus.MustNewConstMetric(c.age, prometheus.GaugeValue, now.Sub(h.since).Seconds(), s.name)
		if !h.expires.IsZero() {
			out <- prometheus.MustNewConstMetric(c.expiry, prometheus.GaugeValue, h.expires.Sub(now).Seconds(), s.name)
		}
	}
}
