package payments

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/payments/record"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/request"
)

// ListPaymentTypes answers the ways to pay.
func (p *Payments) ListPaymentTypes(
	ctx context.Context, _ api.ListPaymentTypesRequestObject,
) (api.ListPaymentTypesResponseObject, error) {
	rows, err := p.queries.ListPaymentTypes(ctx)
	if err != nil {
		return nil, err
	}
	body := api.ListPaymentTypes200JSONResponse{Items: make([]api.PaymentType, 0, len(rows))}
	for _, row := range rows {
		body.Items = append(body.Items, api.PaymentType{Code: row.Code, Name: row.Name})
	}
	return body, nil
}

// ListPayments answers a page of the caller's payments, newest first.
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

// list reads a page of payments, and where the next one begins.
func (p *Payments) list(
	ctx context.Context, params db.ListPaymentsParams, cursor *string, offset *int32,
) (read []record.Payment, next *string, err error) {
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
		payment, err := record.Read(row.Details)
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

// GetPayment answers one of the caller's payments.
func (p *Payments) GetPayment(
	ctx context.Context, r api.GetPaymentRequestObject,
) (api.GetPaymentResponseObject, error) {
	payment, err := p.show(ctx, p.queries, r.ID, &request.From(ctx).Principal.UserID)
	if err != nil {
		return nil, err
	}
	return api.GetPayment200JSONResponse{Body: payment.Body()}, nil
}
