package guard

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopd/shopd/internal/model"
)

// Metrics are the metrics of the assistant. It is a prometheus.Collector.
type Metrics struct {
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
	cache    *prometheus.CounterVec
	answers  *prometheus.CounterVec
	rewrites prometheus.Counter
	scores   prometheus.Histogram
}

// NewMetrics returns metrics that are all zero.
func NewMetrics() *Metrics {
	return &Metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopd_assistant_calls_total",
			Help: "Calls of the model provider, by outcome.",
		}, []string{"provider", "call", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "shopd_assistant_call_duration_seconds",
			Help:    "Time of a call of the model provider.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"provider", "call"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopd_assistant_tokens_total",
			Help: "Tokens the model provider counted, or about as many where it does not count.",
		}, []string{"provider", "call", "direction"}),
		cache: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopd_assistant_cache_requests_total",
			Help: "Look-ups of query vectors and answers in the cache, by result.",
		}, []string{"what", "result"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shopd_assistant_answers_total", Help: "Answers to shoppers, by their kind.",
		}, []string{"kind"}),
		rewrites: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "shopd_assistant_corrections_total",
			Help: "Sentences of a model that the catalogue did not support.",
		}),
		scores: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "shopd_assistant_best_score",
			Help:    "Similarity of the best source of a question.",
			Buckets: []float64{.3, .4, .45, .5, .55, .6, .65, .7, .75, .8, .85, .9},
		}),
	}
}

func (m *Metrics) all() []prometheus.Collector {
	return []prometheus.Collector{
		m.calls, m.duration, m.tokens, m.cache, m.answers, m.rewrites, m.scores,
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(to)
	}
}

// Used counts the tokens of a call.
func (m *Metrics) Used(name string, u model.Usage) {
	m.tokens.WithLabelValues(name, u.Call, "input").Add(float64(max(0, u.Input)))
	m.tokens.WithLabelValues(name, u.Call, "output").Add(float64(max(0, u.Output)))
}

// Answered counts an answer: "answered", "refused", "smalltalk", "degraded" or "blocked".
func (m *Metrics) Answered(kind string) { m.answers.WithLabelValues(kind).Inc() }

// Corrected counts sentences that were replaced or left out.
func (m *Metrics) Corrected(sentences int) { m.rewrites.Add(float64(sentences)) }

// Scored records the similarity of the best source.
func (m *Metrics) Scored(score float64) { m.scores.Observe(score) }

func (m *Metrics) called(name, call, outcome string, took time.Duration) {
	m.calls.WithLabelValues(name, call, outcome).Inc()
	if took > 0 {
		m.duration.WithLabelValues(name, call).Observe(took.Seconds())
	}
}

func (m *Metrics) cached(what string, hit bool) {
	result := "miss"
	if hit {
		result = "hit"
	}
	m.cache.WithLabelValues(what, result).Inc()
}
