package insights

import (
	"context"
	"runtime"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// GetStats returns the size of the shop and of its database.
func (i *Insights) GetStats(
	ctx context.Context, _ api.GetStatsRequestObject,
) (api.GetStatsResponseObject, error) {
	counts, err := i.queries.GetStats(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := i.queries.GetDatabaseFacts(ctx)
	if err != nil {
		return nil, err
	}
	tables, err := i.queries.ListTableSizes(ctx)
	if err != nil {
		return nil, err
	}
	states, err := i.queries.CountJobs(ctx)
	if err != nil {
		return nil, err
	}
	body := api.GetStats200JSONResponse{
		Counts: api.StatsCounts{
			Products:       counts.Products,
			ActiveProducts: counts.ActiveProducts,
			Variants:       counts.Variants,
			Categories:     counts.Categories,
			Brands:         counts.Brands,
			Images:         counts.Images,
			Vectors:        counts.Vectors,
			Reviews:        counts.Reviews,
			Orders:         counts.Orders,
			Users:          counts.Users,
		},
		Database: api.DatabaseStats{
			Bytes:  facts.Bytes,
			Tables: make([]api.TableSize, 0, len(tables)),
		},
		Jobs: make(map[string]int64, len(states)),
		Versions: api.StatsVersions{
			Server:     i.settings.Version,
			Schema:     int32(postgres.Newest()),
			Go:         runtime.Version(),
			Postgresql: facts.Version,
			Pgvector:   facts.VectorVersion,
		},
	}
	for _, t := range tables {
		body.Database.Tables = append(
			body.Database.Tables, api.TableSize{Name: t.Name, Rows: t.Rows, Bytes: t.Bytes},
		)
	}
	for _, s := range states {
		body.Jobs[s.State] = s.Jobs
	}
	if redis, err := i.settings.Redis(ctx); err == nil { // left out while Redis is unreachable
		body.Redis = &api.RedisStats{MemoryBytes: redis.Memory, Keys: redis.Keys}
		body.Versions.Redis = &redis.Version
	}
	return body, nil
}
