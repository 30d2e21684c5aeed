package app

import (
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kapstone-lms/kapstone/internal/outbox"
)

// metrics counts what the server does. Labels are routes, never addresses of
// things or people.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	ticks    *prometheus.CounterVec
	jobs     *prometheus.GaugeVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kapstone_request_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"method", "route", "status"}),
		ticks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kapstone_tick_failures_total", Help: "Background runs that failed.",
		}, []string{"tick"}),
		jobs: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kapstone_jobs", Help: "Jobs that wait for their time or their next try, and jobs that were given up.",
		}, []string{"state"}),
	}
	m.registry.MustRegister(m.requests, m.ticks, m.jobs, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) observe(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) failed(tick string) { m.ticks.WithLabelValues(tick).Inc() }

func (m *metrics) count(c outbox.Counts) {
	m.jobs.WithLabelValues("waiting").Set(float64(c.Waiting))
	m.jobs.WithLabelValues("dead").Set(float64(c.Dead))
}

// MetricsServer returns a server for /metrics, to listen where only the
// operator can reach it. In test mode it also takes CPU profiles of the
// process.
func (a *App) MetricsServer() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	if a.Config.TestMode {
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	}
	return &http.Server{Addr: a.Config.Metrics, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
}
