package payments

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/details"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/request"
)

// ListPayments returns a page of the caller's payments, newest first.
func (p *Payments) ListPayments(
	ctx context.Context, r api.ListPaymentsRequestObject,
) (api.ListPaymentsResponseObject, error) {
	asked, err := page.Read(ctx, 1, r.Params.Limit, r.Params.Offset, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	user := request.From(ctx).Principal.UserID
	rows, next, err := p.list(ctx, asked, db.ListPaymentsParams{
		UserID:  &user,
		OrderID: r.Params.OrderID,
		Status:  (*string)(r.Params.Status),
	})
	if err != nil {
		return nil, err
	}
	body := api.ListPayments200JSONResponse{
		Items:      make([]api.Payment, 0, len(rows)),
		Limit:      asked.Limit,
		Offset:     asked.Offset,
		NextCursor: next,
	}
	for _, row := range rows {
		body.Items = append(body.Items, row.Body())
	}
	if !asked.HasCursor() {
		total, err := p.planned.CountPayments(
			ctx, user, r.Params.OrderID, (*string)(r.Params.Status),
		)
		if err != nil {
			return nil, err
		}
		body.Total = &total
	}
	return body, nil
}

// AdminListPayments returns a page of all payments, newest first.
func (p *Payments) AdminListPayments(
	ctx context.Context, r api.AdminListPaymentsRequestObject,
) (api.AdminListPaymentsResponseObject, error) {
	asked, err := page.Read(ctx, 1, r.Params.Limit, r.Params.Offset, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	rows, next, err := p.list(ctx, asked, db.ListPaymentsParams{
		UserID:   r.Params.UserID,
		OrderID:  r.Params.OrderID,
		Status:   (*string)(r.Params.Status),
		Provider: (*string)(r.Params.Provider),
		FromTime: r.Params.From,
		ToTime:   r.Params.To,
	})
	if err != nil {
		return nil, err
	}
	body := api.AdminListPayments200JSONResponse{
		Items:      make([]api.AdminPayment, 0, len(rows)),
		Limit:      asked.Limit,
		Offset:     asked.Offset,
		NextCursor: next,
	}
	for _, row := range rows {
		body.Items = append(body.Items, row.AdminBody())
	}
	return body, nil
}

// list reads a page of payments and the cursor of the next one.
func (p *Payments) list(
	ctx context.Context, asked page.Page, params db.ListPaymentsParams,
) (read []details.Payment, next *string, err error) {
	params.BeforeID = asked.Key(0)
	params.PageLimit, params.PageOffset = asked.Limit, asked.Offset
	rows, err := p.planned.ListPayments(ctx, params)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		payment, err := details.Read(row.Details)
		if err != nil {
			return nil, nil, err
		}
		read = append(read, payment)
	}
	next = page.Next(asked, rows, func(row db.ListPaymentsRow) page.Keys {
		return page.Keys{row.ID}
	})
	return read, next, nil
}

// GetPayment returns one of the caller's payments.
func (p *Payments) GetPayment(
	ctx context.Context, r api.GetPaymentRequestObject,
) (api.GetPaymentResponseObject, error) {
	payment, err := read(ctx, p.queries, r.ID, &request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	return api.GetPayment200JSONResponse{Body: payment.Body()}, nil
}

// read reads a payment with all there is to show; only one of this account unless user is nil.
func read(ctx context.Context, q *db.Queries, id int64, user *int64) (details.Payment, error) {
	stored, err := q.GetPayment(ctx, id, user)
	if err != nil {
		return details.Payment{}, postgres.NotFound(err, ErrNotFound)
	}
	return details.Read(stored)
}
