package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/internal/platform/request"
)

// acquireWithin is how long a request waits for a connection when all are in use. Its client learns
// early that the shop is overloaded, instead of waiting in a queue that only grows. Jobs wait as
// long as it takes.
const acquireWithin = time.Second

// impatient limits how long requests wait for a connection. pgx has no setting for that, but lets a
// tracer replace the context of the wait.
type impatient struct{ pgx.QueryTracer }

func newImpatient(tracer pgx.QueryTracer) impatient {
	if tracer == nil {
		tracer = noTracer{}
	}
	return impatient{tracer}
}

type acquireCancel struct{}

// TraceAcquireStart implements pgxpool.AcquireTracer.
func (impatient) TraceAcquireStart(
	ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData,
) context.Context {
	if request.From(ctx).Operation == "" {
		return ctx
	}
	ctx, cancel := context.WithTimeout(ctx, acquireWithin)
	return context.WithValue(ctx, acquireCancel{}, cancel)
}

// TraceAcquireEnd implements pgxpool.AcquireTracer.
func (impatient) TraceAcquireEnd(
	ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireEndData,
) {
	if cancel, ok := ctx.Value(acquireCancel{}).(context.CancelFunc); ok {
		cancel()
	}
}

// noTracer is a tracer that sees nothing.
type noTracer struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (noTracer) TraceQueryStart(
	ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData,
) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (noTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
