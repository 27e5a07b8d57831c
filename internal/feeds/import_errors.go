package feeds

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/page"
)

// ListImportErrors returns a page of the errors and warnings of an import.
func (f *Feeds) ListImportErrors(
	ctx context.Context, r api.ListImportErrorsRequestObject,
) (api.ListImportErrorsResponseObject, error) {
	p := r.Params
	asked, err := page.Read(ctx, 1, p.Limit, p.Offset, p.Cursor)
	if err != nil {
		return nil, err
	}
	if _, err := f.get(ctx, r.ID); err != nil {
		return nil, err
	}
	params := db.ListImportErrorsParams{
		ImportID:   r.ID,
		AfterID:    optional.Value(asked.Key(0)),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
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
	body.NextCursor = page.Next(
		asked, rows, func(e db.ImportError) page.Keys { return page.Keys{e.ID} },
	)
	return body, nil
}

// storeProblems stores errors and warnings of rows, as far as the import has room for more.
func storeProblems(ctx context.Context, q *db.Queries, id int64, faults []fault) error {
	if len(faults) == 0 {
		return nil
	}
	params := db.AddImportErrorsParams{ImportID: id}
	for _, f := range faults {
		params.Warnings = append(params.Warnings, f.isWarning)
		params.Rows, params.Lines = append(params.Rows, f.row), append(params.Lines, f.line)
		params.Columns, params.Messages = append(params.Columns, f.column), append(
			params.Messages, f.message,
		)
	}
	return q.AddImportErrors(ctx, params)
}

// Errors returns the first errors and warnings of an import.
func (f *Feeds) Errors(ctx context.Context, id int64, most int32) ([]db.ImportError, error) {
	return f.queries.ListImportErrors(ctx, db.ListImportErrorsParams{ImportID: id, PageLimit: most})
}
