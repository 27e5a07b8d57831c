package server

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Check asks whether something the server depends on works.
type Check struct {
	Name     string
	Required bool // without it the server is not ready; else it is degraded
	Ask      func(ctx context.Context) error
}

// A check that takes longer has failed.
const checkTimeout = time.Second

// SiteOptions say what a Site tells of the server.
type SiteOptions struct {
	Name             string
	Version          string
	MetricsElsewhere bool // /metrics is served on an address of its own
	Checks           []Check
}

// Site has the operations that belong to no domain: the server's health, metrics and contract.
type Site struct {
	SiteOptions
	draining atomic.Bool
	metrics  *metrics
	docs     *docs
}

func newSite(o SiteOptions, metrics *metrics) (*Site, error) {
	docs, err := newDocs(o.Name)
	if err != nil {
		return nil, err
	}
	return &Site{SiteOptions: o, metrics: metrics, docs: docs}, nil
}

// GetServiceInfo returns the name, the version and the most useful addresses.
func (s *Site) GetServiceInfo(
	context.Context, api.GetServiceInfoRequestObject,
) (api.GetServiceInfoResponseObject, error) {
	return api.GetServiceInfo200JSONResponse{
		Name:    s.Name,
		Version: s.Version,
		Links: map[string]string{
			"docs":         "/docs",
			"reading_view": "/redoc",
			"openapi":      "/openapi.yaml",
			"openapi_3_1":  "/openapi-3.1.json",
			"problems":     "/problems",
			"health":       "/healthz",
			"products":     "/api/v1/products",
			"assistant":    "/api/v1/rag/query",
		},
	}, nil
}

// GetLiveness succeeds as long as the process serves requests.
func (s *Site) GetLiveness(
	context.Context, api.GetLivenessRequestObject,
) (api.GetLivenessResponseObject, error) {
	return api.GetLiveness200JSONResponse{Status: api.LivenessStatusAlive}, nil
}

// GetReadiness runs all checks at the same time.
func (s *Site) GetReadiness(
	ctx context.Context, _ api.GetReadinessRequestObject,
) (api.GetReadinessResponseObject, error) {
	body := s.readiness(ctx)
	if body.Status == api.ReadinessStatusReady {
		return api.GetReadiness200JSONResponse(body), nil
	}
	return api.GetReadiness503JSONResponse{
		Body:    body,
		Headers: api.GetReadiness503ResponseHeaders{RetryAfter: new(1)},
	}, nil
}

// GetHealth is GetReadiness under another name.
func (s *Site) GetHealth(
	ctx context.Context, _ api.GetHealthRequestObject,
) (api.GetHealthResponseObject, error) {
	body := s.readiness(ctx)
	if body.Status == api.ReadinessStatusReady {
		return api.GetHealth200JSONResponse(body), nil
	}
	return api.GetHealth503JSONResponse{
		Body:    body,
		Headers: api.GetHealth503ResponseHeaders{RetryAfter: new(1)},
	}, nil
}

func (s *Site) readiness(ctx context.Context) api.Readiness {
	body := api.Readiness{
		Status:   api.ReadinessStatusReady,
		Checks:   map[string]string{},
		Degraded: []string{},
	}
	if s.draining.Load() {
		body.Status = api.ReadinessStatusNotReady
		body.Checks["server"] = "shutting down"
	}
	answers := make([]chan error, len(s.Checks))
	for i, check := range s.Checks {
		answers[i] = make(chan error, 1)
		go func() {
			// A client that disconnects does not make the server unready.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
			defer cancel()
			answers[i] <- check.Ask(ctx)
		}()
	}
	for i, check := range s.Checks {
		err := <-answers[i]
		switch {
		case err == nil:
			body.Checks[check.Name] = "ok"
		case check.Required:
			body.Checks[check.Name] = publicReason(err)
			body.Status = api.ReadinessStatusNotReady
		default:
			body.Checks[check.Name] = publicReason(err)
			body.Degraded = append(body.Degraded, check.Name)
		}
	}
	return body
}

// publicReason returns what the public may know of a failed check: never an address or the text of
// a driver.
func publicReason(err error) string {
	var known *problem.Error
	if errors.As(err, &known) {
		return known.Detail
	}
	return "out of reach"
}

// GetMetrics returns the metrics in Prometheus' text format.
func (s *Site) GetMetrics(
	context.Context, api.GetMetricsRequestObject,
) (api.GetMetricsResponseObject, error) {
	if s.MetricsElsewhere {
		return nil, errNoRoute
	}
	text, err := s.metrics.text()
	return api.GetMetrics200TextResponse(text), err
}
