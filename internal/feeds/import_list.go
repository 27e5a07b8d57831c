package feeds

import (
	"context"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// owner returns the account whose imports the caller may see, or nil for an administrator and for
// an API key, which see all.
func owner(ctx context.Context) *int64 {
	who := request.From(ctx).Principal
	if who.Role == "administrator" || who.Key != nil {
		return nil
	}
	return &who.UserID
}

// ListImports returns a page of imports, newest first.
func (f *Feeds) ListImports(
	ctx context.Context, r api.ListImportsRequestObject,
) (api.ListImportsResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 1, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := db.ListImportsParams{
		UserID:     owner(ctx),
		BeforeID:   asked.Key(0),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if p.Status != nil {
		params.Status = new(string(*p.Status))
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
	body.NextCursor = page.Next(asked, rows, func(i db.Import) page.Keys { return page.Keys{i.ID} })
	return body, nil
}

// GetImport returns one import.
func (f *Feeds) GetImport(
	ctx context.Context, r api.GetImportRequestObject,
) (api.GetImportResponseObject, error) {
	row, err := f.get(ctx, r.ID)
	return api.GetImport200JSONResponse{Body: importBody(row)}, err
}

// get returns an import that the caller may see, or ErrNoImport.
func (f *Feeds) get(ctx context.Context, id int64) (db.Import, error) {
	row, err := f.queries.GetImport(ctx, id, owner(ctx))
	return row, postgres.NotFound(err, ErrNoImport)
}

func importBody(i db.Import) api.Import {
	done := i.Created + i.Updated + i.Unchanged + i.Failed
	body := api.Import{
		ID:         i.ID,
		UserID:     i.UserID,
		Status:     api.ImportStatus(i.Status),
		Message:    i.Message,
		Source:     i.Source,
		Encoding:   i.Encoding,
		Delimiter:  i.Delimiter,
		DryRun:     i.DryRun,
		Images:     i.Images,
		BatchSize:  i.BatchSize,
		AllowFree:  i.AllowFree,
		Attributes: i.Attributes,
		Format:     i.Format,
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
				Add(time.Duration(
					float64(time.Since(*i.StartedAt)) / float64(done) * float64(left),
				)).
				UTC().
				Truncate(time.Second),
		)
	}
	return body
}
