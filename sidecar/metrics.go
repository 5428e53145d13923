package sidecar

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sluice/sidecar/config"
)

// metrics has CredProxy's metrics under their names, and ours.
type metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec   // CredProxy's
	durations *prometheus.HistogramVec // CredProxy's

	requestsByFace   *prometheus.CounterVec
	denials          *prometheus.CounterVec
	refreshes        *prometheus.CounterVec
	refreshDurations *prometheus.HistogramVec
	reloads          *prometheus.CounterVec
}

// unknownService is CredProxy's label for requests without a service.
const unknownService = "unknown"

var buckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10} // seconds

func newCounter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func newHistogram(name, help string, labels ...string) *prometheus.HistogramVec {
	options := prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	return prometheus.NewHistogramVec(options, labels)
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: newCounter("credproxy_requests_total",
			"Requests for credentials.", "result", "service_name"),
		durations: newHistogram("credproxy_request_duration_seconds",
			"Duration of requests.", "result", "service_name"),
		requestsByFace: newCounter("sluice_sidecar_requests_total",
			"Requests for credentials.", "face", "result"),
		denials: newCounter("sluice_sidecar_refusals_total",
			"Requests that were refused.", "face", "status"),
		refreshes: newCounter("sluice_sidecar_refreshes_total",
			"Retrievals of keys.", "service", "result"),
		refreshDurations: newHistogram("sluice_sidecar_refresh_duration_seconds",
			"Duration of retrievals.", "service"),
		reloads: newCounter("sluice_sidecar_reloads_total",
			"Reloads of configuration files.", "result"),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "credproxy_app_info",
		Help:        "The program.",
		ConstLabels: prometheus.Labels{"name": "sluice", "version": s.opts.Version},
	})
	info.Set(1)
	active := prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "credproxy_active_services_total", Help: "Services in force."},
		func() float64 { return float64(len(s.registry.all())) })
	m.registry.MustRegister(m.requests, m.durations, m.requestsByFace, m.denials, m.refreshes, m.refreshDurations,
		m.reloads, info, active, newKeyCollector(s))
	return m
}

// handler answers at a listener that is called by a name or an address of ours: no
// web page may read the names of services.
func (m *metrics) handler(l config.Listener) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isHostAllowed(l, r) {
			denyHost.writeText(w)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// countRequest counts a request for credentials. service is "" if its token opens
// none.
func (m *metrics) countRequest(face, result, service string, took time.Duration) {
	if service == "" {
		service = unknownService
	}
	m.requests.WithLabelValues(result, service).Inc()
	m.durations.WithLabelValues(result, service).Observe(took.Seconds())
	m.requestsByFace.WithLabelValues(face, result).Inc()
}

// countDenial counts a request that was denied.
func (m *metrics) countDenial(face string, status int) {
	m.denials.WithLabelValues(face, strconv.Itoa(status)).Inc()
}

// observeRefresh counts a retrieval of a key.
func (m *metrics) observeRefresh(service string, took time.Duration, err error) {
	result := "success"
	if err != nil {
		result = "error"
	}
	m.refreshes.WithLabelValues(service, result).Inc()
	m.refreshDurations.WithLabelValues(service).Observe(took.Seconds())
}

// removeService removes the metrics of a service that is gone.
func (m *metrics) removeService(service string) {
	m.requests.DeletePartialMatch(prometheus.Labels{"service_name": service})
	m.durations.DeletePartialMatch(prometheus.Labels{"service_name": service})
	m.refreshes.DeletePartialMatch(prometheus.Labels{"service": service})
	m.refreshDurations.DeletePartialMatch(prometheus.Labels{"service": service})
}
