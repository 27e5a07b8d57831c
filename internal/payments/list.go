package payments

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/details"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
)

// ListPayments returns a page of the caller's payments, newest first.
func (p *Payments) ListPayments(
	ctx context.Context, r api.ListPaymentsRequestObject,
) (api.ListPaymentsResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	user := request.From(ctx).Principal.UserID
	rows, next, err := p.list(ctx, db.ListPaymentsParams{
		UserID:     &user,
		OrderID:    r.Params.OrderID,
		Status:     (*string)(r.Params.Status),
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}, r.Params.Cursor, r.Params.Offset)
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
	if r.Params.Cursor == nil {
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
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	rows, next, err := p.list(ctx, db.ListPaymentsParams{
		UserID:     r.Params.UserID,
		OrderID:    r.Params.OrderID,
		Status:     (*string)(r.Params.Status),
		Provider:   (*string)(r.Params.Provider),
		FromTime:   r.Params.From,
		ToTime:     r.Params.To,
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}, r.Params.Cursor, r.Params.Offset)
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
	ctx context.Context, params db.ListPaymentsParams, cursor *string, offset *int32,
) (read []details.Payment, next *string, err error) {
	before, err := page.After(cursor, offset, 1)
	if err != nil {
		return nil, nil, err
	}
	if before != nil {
		params.BeforeID = &before[0]
	}
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
	if len(rows) == int(params.PageLimit) {
		next = new(page.Cursor(rows[len(rows)-1].ID))
	}
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
	if errors.Is(err, pgx.ErrNoRows) {
		return details.Payment{}, ErrNotFound
	}
	if err != nil {
		return details.Payment{}, err
	}
	return details.Read(stored)
}
