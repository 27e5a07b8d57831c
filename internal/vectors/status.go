package vectors

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

// GetIndexStatus returns how much of the catalogue is indexed.
func (v *Vectors) GetIndexStatus(
	ctx context.Context, _ api.GetIndexStatusRequestObject,
) (api.GetIndexStatusResponseObject, error) {
	serving, wanted, err := v.spacesNow(ctx)
	if err != nil {
		return nil, err
	}
	row, err := v.queries.GetIndexStatus(ctx, wanted.id)
	if err != nil {
		return nil, err
	}
	status := api.GetIndexStatus200JSONResponse{
		Provider:          v.model.Name(),
		Model:             v.model.Model(),
		Dimensions:        int32(v.settings.Dimensions),
		Products:          row.Products,
		Indexed:           row.Products - row.Stale,
		Stale:             row.Stale,
		Failing:           row.Failing,
		CategoriesIndexed: row.Categories,
		ServingModel:      serving.name,
	}
	if row.LastRunAt.Unix() > 0 {
		status.LastRunAt = &row.LastRunAt
	}
	last, err := v.queries.GetLastIndexRun(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return status, nil
	}
	status.Run = runBody(last)
	return status, err
}

func runBody(row db.IndexRun) *api.IndexRun {
	run := &api.IndexRun{
		Kind:         api.IndexRunKind(row.Kind),
		State:        api.IndexRunStateRunning,
		Total:        row.Total,
		Done:         row.Done,
		Made:         row.Made,
		Failed:       row.Failed,
		StartedAt:    row.StartedAt,
		FinishedAt:   row.FinishedAt,
		WaitingUntil: row.WaitingUntil,
		Problem:      row.Problem,
	}
	switch {
	case row.Problem != nil:
		run.State = api.IndexRunStateFailed
	case row.FinishedAt != nil:
		run.State = api.IndexRunStateDone
	case row.WaitingUntil != nil:
		run.State = api.IndexRunStateWaiting
	}
	return run
}
