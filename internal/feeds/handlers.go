package feeds

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
)

// owner is whose imports the caller sees: their own, or for administrators nil.
func owner(ctx context.Context) *int64 {
	who := request.From(ctx).Principal
	if who.Role == "administrator" {
		return nil
	}
	return &who.UserID
}

// ListImports answers a page of imports, newest first.
func (f *Feeds) ListImports(
	ctx context.Context, r api.ListImportsRequestObject,
) (api.ListImportsResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, p.Offset)
	params := db.ListImportsParams{
		UserID:     owner(ctx),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if p.Status != nil {
		params.Status = new(string(*p.Status))
	}
	before, err := page.After(p.Cursor, p.Offset, 1)
	if err != nil {
		return nil, err
	}
	if before != nil {
		params.BeforeID = &before[0]
	}
	rows, err := f.planned.ListImports(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListImports200JSONResponse{
		Items:  make([]api.Import, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, importBody(row))
	}
	if len(rows) == int(asked.Limit) {
		body.NextCursor = new(page.Cursor(rows[len(rows)-1].ID))
	}
	return body, nil
}

// GetImport answers one import.
func (f *Feeds) GetImport(
	ctx context.Context, r api.GetImportRequestObject,
) (api.GetImportResponseObject, error) {
	row, err := f.get(ctx, r.ID)
	return api.GetImport200JSONResponse{Body: importBody(row)}, err
}

func (f *Feeds) get(ctx context.Context, id int64) (db.Import, error) {
	row, err := f.queries.GetImport(ctx, id, owner(ctx))
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNoImport
	}
	return row, err
}

// ListImportErrors answers a page of what was wrong with an import.
func (f *Feeds) ListImportErrors(
	ctx context.Context, r api.ListImportErrorsRequestObject,
) (api.ListImportErrorsResponseObject, error) {
	p := r.Params
	asked := page.Of(p.Limit, p.Offset)
	if _, err := f.get(ctx, r.ID); err != nil {
		return nil, err
	}
	params := db.ListImportErrorsParams{
		ImportID:   r.ID,
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	after, err := page.After(p.Cursor, p.Offset, 1)
	if err != nil {
		return nil, err
	}
	if after != nil {
		params.AfterID = after[0]
	}
	rows, err := f.queries.ListImportErrors(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListImportErrors200JSONResponse{
		Items:  make([]api.ImportError, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		severity := api.ImportErrorSeverityError
		if row.IsWarning {
			severity = api.ImportErrorSeverityWarning
		}
		body.Items = append(
			body.Items,
			api.ImportError{
				Row:      row.Row,
				Line:     row.Line,
				Column:   row.ColumnName,
				Message:  row.Message,
				Severity: severity,
			},
		)
	}
	if len(rows) == int(asked.Limit) {
		body.NextCursor = new(page.Cursor(rows[len(rows)-1].ID))
	}
	return body, nil
}

// CancelImport ends an import between two batches: who works on it finds out before the next.
func (f *Feeds) CancelImport(
	ctx context.Context, r api.CancelImportRequestObject,
) (api.CancelImportResponseObject, error) {
	if _, err := f.get(ctx, r.ID); err != nil {
		return nil, err
	}
	if err := f.finish(ctx, r.ID, statusCancelled, ""); err != nil {
		return nil, err
	}
	row, err := f.get(ctx, r.ID)
	return api.CancelImport200JSONResponse(importBody(row)), err
}

func importBody(i db.Import) api.Import {
	done := i.Created + i.Updated + i.Unchanged + i.Failed
	body := api.Import{
		ID:        i.ID,
		UserID:    i.UserID,
		Status:    api.ImportStatus(i.Status),
		Message:   i.Message,
		Source:    i.Source,
		Encoding:  i.Encoding,
		Delimiter: i.Delimiter,
		DryRun:    i.DryRun,
		Images:    i.Images,
		BatchSize: i.BatchSize,
		Rows: api.ImportRows{
			Total:     i.RowsTotal,
			Done:      done,
			Created:   i.Created,
			Updated:   i.Updated,
			Unchanged: i.Unchanged,
			Failed:    i.Failed,
			Warnings:  i.Warnings,
		},
		CreatedAt:  i.CreatedAt,
		StartedAt:  i.StartedAt,
		FinishedAt: i.FinishedAt,
	}
	switch {
	case i.Status == statusCompleted:
		body.Percent = 100
	case i.RowsTotal != nil && *i.RowsTotal > 0:
		body.Percent = int32(min(99, done*100 / *i.RowsTotal))
	}
	if i.FinishedAt == nil && i.StartedAt != nil && i.RowsTotal != nil && done > 0 {
		left := max(0, *i.RowsTotal-done)
		body.Eta = new(
			time.Now().
				Add(time.Duration(float64(time.Since(*i.StartedAt)) / float64(done) * float64(left))).
				UTC().
				Truncate(time.Second),
		)
	}
	return body
}
