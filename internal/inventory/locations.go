package inventory

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// ListLocations returns all locations.
func (s *Stock) ListLocations(
	ctx context.Context, _ api.ListLocationsRequestObject,
) (api.ListLocationsResponseObject, error) {
	rows, err := s.queries.ListLocations(ctx)
	body := api.ListLocations200JSONResponse{
		Items: make([]api.Location, 0, len(rows)),
		Total: int64(len(rows)),
	}
	for _, row := range rows {
		body.Items = append(body.Items, api.Location{Code: row.Code, Name: row.Name})
	}
	return body, err
}

// CreateLocation adds a location.
func (s *Stock) CreateLocation(
	ctx context.Context, r api.CreateLocationRequestObject,
) (api.CreateLocationResponseObject, error) {
	var row db.StockLocation
	err := postgres.Tx(ctx, s.pool, func(q *db.Queries) (err error) {
		row, err = q.CreateLocation(ctx, r.Body.Code, r.Body.Name)
		return err
	})
	if postgres.Violates(err, "stock_locations_code_key") {
		return nil, ErrLocationTaken
	}
	return api.CreateLocation201JSONResponse{Code: row.Code, Name: row.Name}, err
}

// RenameLocation changes a location's name.
func (s *Stock) RenameLocation(
	ctx context.Context, r api.RenameLocationRequestObject,
) (api.RenameLocationResponseObject, error) {
	var row db.StockLocation
	err := postgres.Tx(ctx, s.pool, func(q *db.Queries) (err error) {
		row, err = q.RenameLocation(ctx, r.Body.Name, r.Code)
		return err
	})
	if err != nil {
		return nil, postgres.NotFound(err, ErrNoLocation)
	}
	return api.RenameLocation200JSONResponse{Code: row.Code, Name: row.Name}, nil
}

// location returns the id of a location by its code, or of the first location without one.
func location(ctx context.Context, q *db.Queries, code *string) (int64, error) {
	if code == nil {
		first, err := q.GetFirstLocation(ctx)
		return first.ID, err
	}
	found, err := q.GetLocationByCode(ctx, *code)
	return found.ID, postgres.NotFound(err, errUnknownLocation)
}
