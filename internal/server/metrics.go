package server

import (
	"bytes"
	"net/http"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"github.com/shopd/shopd/internal/platform/cache"
)

// metrics are those of one server. Their labels hold operationIds, never text that a client sent.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(pool *pgxpool.Pool, pages *cache.Pages, more ...prometheus.Collector) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopd_requests_total", Help: "Requests answered, by operation and status.",
		}, []string{"operation", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shopd_request_duration_seconds",
			Help: "Time to answer a request, by operation.",
			Buckets: []float64{
				.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10,
			},
		}, []string{"operation"}),
	}
	gauge := func(name, help string, value func(*pgxpool.Stat) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(pool.Stat()) },
		)
	}
	m.registry.MustRegister(
		m.requests,
		m.duration,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge(
			"shopd_database_connections", "Open database connections.",
			func(s *pgxpool.Stat) float64 { return float64(s.TotalConns()) },
		),
		gauge(
			"shopd_database_connections_in_use", "Database connections in use.",
			func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) },
		),
		gauge(
			"shopd_database_connections_max", "Most database connections there may be.",
			func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) },
		),
	)
	m.registry.MustRegister(more...)
	if pages != nil {
		m.registry.MustRegister(pageMetrics(pages)...)
	}
	return m
}

// pageMetrics returns the metrics of the cache of responses.
func pageMetrics(pages *cache.Pages) []prometheus.Collector {
	counter := func(result string, count *atomic.Int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name:        "shopd_cache_requests_total",
			Help:        "Reads that may be answered from the cache, by what it did.",
			ConstLabels: prometheus.Labels{"result": result},
		}, func() float64 { return float64(count.Load()) })
	}
	return []prometheus.Collector{
		counter("hit", &pages.Hits),
		counter("miss", &pages.Misses),
		counter("bypass", &pages.Bypassed),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "shopd_cache_hit_ratio",
			Help: "Share of the reads since the start that the cache answered.",
		}, func() float64 {
			hits := float64(pages.Hits.Load())
			return hits / max(1, hits+float64(pages.Misses.Load()+pages.Bypassed.Load()))
		}),
	}
}

// text returns all metrics in Prometheus' text format.
func (m *metrics) text() ([]byte, error) {
	families, err := m.registry.Gather()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// MetricsHandler serves the metrics, for METRICS_ADDRESS.
func (s *Server) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
}
