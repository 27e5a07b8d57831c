package server

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Check asks something the server depends on how it is.
type Check struct {
	Name     string
	Required bool // without it the server is not ready; else it is degraded
	Ask      func(ctx context.Context) error
}

// A check that takes longer has failed.
const checkTimeout = time.Second

// Platform answers the operations that belong to no domain.
type Platform struct {
	Name             string
	Version          string
	MetricsElsewhere bool // /metrics is served on an address of its own
	Checks           []Check

	draining atomic.Bool
	metrics  *metrics
	contract *contract
	yaml     []byte
	docs     *docs
	reading  []byte
}

// Drain makes readiness fail, so that no new traffic is sent here.
func (p *Platform) Drain() { p.draining.Store(true) }

func (p *Platform) bind(s *Server, contract *contract, yaml []byte) (err error) {
	p.metrics, p.contract, p.yaml = s.metrics, contract, yaml
	if p.docs, err = newDocs(p.Name); err != nil {
		return err
	}
	p.reading, err = newReadingView(p.Name)
	return err
}

// GetServiceInfo says where to go from here.
func (p *Platform) GetServiceInfo(
	context.Context, api.GetServiceInfoRequestObject,
) (api.GetServiceInfoResponseObject, error) {
	return api.GetServiceInfo200JSONResponse{
		Name:    p.Name,
		Version: p.Version,
		Links: map[string]string{
			"docs":         "/docs",
			"reading_view": "/redoc",
			"openapi":      "/openapi.yaml",
			"health":       "/healthz",
			"products":     "/api/v1/products",
			"assistant":    "/api/v1/rag/query",
		},
	}, nil
}

// GetLiveness answers as long as anything can.
func (p *Platform) GetLiveness(
	context.Context, api.GetLivenessRequestObject,
) (api.GetLivenessResponseObject, error) {
	return api.GetLiveness200JSONResponse{Status: api.LivenessStatusAlive}, nil
}

// GetReadiness runs all checks.
func (p *Platform) GetReadiness(
	ctx context.Context, _ api.GetReadinessRequestObject,
) (api.GetReadinessResponseObject, error) {
	if body := p.readiness(ctx); body.Status == api.ReadinessStatusReady {
		return api.GetReadiness200JSONResponse(body), nil
	} else {
		return api.GetReadiness503JSONResponse{
			Body:    body,
			Headers: api.GetReadiness503ResponseHeaders{RetryAfter: new(1)},
		}, nil
	}
}

// GetHealth is GetReadiness under another name.
func (p *Platform) GetHealth(
	ctx context.Context, _ api.GetHealthRequestObject,
) (api.GetHealthResponseObject, error) {
	if body := p.readiness(ctx); body.Status == api.ReadinessStatusReady {
		return api.GetHealth200JSONResponse(body), nil
	} else {
		return api.GetHealth503JSONResponse{
			Body:    body,
			Headers: api.GetHealth503ResponseHeaders{RetryAfter: new(1)},
		}, nil
	}
}

func (p *Platform) readiness(ctx context.Context) api.Readiness {
	body := api.Readiness{
		Status:   api.ReadinessStatusReady,
		Checks:   map[string]string{},
		Degraded: []string{},
	}
	if p.draining.Load() {
		body.Status = api.ReadinessStatusNotReady
		body.Checks["server"] = "shutting down"
	}
	answers := make([]chan error, len(p.Checks))
	for i, check := range p.Checks {
		answers[i] = make(chan error, 1)
		go func() {
			// Who hangs up does not make the server unready.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
			defer cancel()
			answers[i] <- check.Ask(ctx)
		}()
	}
	for i, check := range p.Checks {
		err := <-answers[i]
		switch {
		case err == nil:
			body.Checks[check.Name] = "ok"
		case check.Required:
			body.Checks[check.Name] = outward(err)
			body.Status = api.ReadinessStatusNotReady
		default:
			body.Checks[check.Name] = outward(err)
			body.Degraded = append(body.Degraded, check.Name)
		}
	}
	return body
}

// outward is what the public may know of a failed check: never an address or a driver's words.
func outward(err error) string {
	var known *problem.Error
	if errors.As(err, &known) {
		return known.Detail
	}
	return "out of reach"
}

// GetMetrics renders the metrics.
func (p *Platform) GetMetrics(
	context.Context, api.GetMetricsRequestObject,
) (api.GetMetricsResponseObject, error) {
	if p.MetricsElsewhere {
		return nil, errNoRoute
	}
	text, err := p.metrics.text()
	return api.GetMetrics200TextResponse(text), err
}

// GetOpenAPIYAML answers the contract as it was written.
func (p *Platform) GetOpenAPIYAML(
	context.Context, api.GetOpenAPIYAMLRequestObject,
) (api.GetOpenAPIYAMLResponseObject, error) {
	return api.GetOpenAPIYAML200ApplicationYamlResponse{
		Body:          bytes.NewReader(p.yaml),
		ContentLength: int64(len(p.yaml)),
	}, nil
}

// GetOpenAPIJSON answers the contract as JSON.
func (p *Platform) GetOpenAPIJSON(
	context.Context, api.GetOpenAPIJSONRequestObject,
) (api.GetOpenAPIJSONResponseObject, error) {
	return p.contract.json, nil
}

// GetDocs answers the page that shows the contract.
func (p *Platform) GetDocs(
	context.Context, api.GetDocsRequestObject,
) (api.GetDocsResponseObject, error) {
	return api.GetDocs200TextHTMLResponse{
		Body: bytes.NewReader(p.docs.page), ContentLength: int64(len(p.docs.page)),
		Headers: api.GetDocs200ResponseHeaders{ContentSecurityPolicy: new(docsPolicy)},
	}, nil
}
