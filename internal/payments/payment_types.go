package payments

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/problem"
)

// ListPaymentTypes returns the ways to pay that the shop offers.
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

// checkPaymentType refuses a code that is not one of ListPaymentTypes.
func (p *Payments) checkPaymentType(ctx context.Context, code string) error {
	known, err := p.queries.HasPaymentType(ctx, code)
	if err == nil && !known {
		err = problem.Invalid(problem.Field{
			Pointer: "/payment_type", Message: "is not a way to pay that the shop offers",
		})
	}
	return err
}
