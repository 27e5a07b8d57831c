package stripepay

import (
	"context"
	"iter"
	"net/http"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/form"
)

// call makes one request, as the library's own client would. That client is not used because it
// links every service of Stripe into the program, which makes it 7 MB larger.
func (p *Provider) call(
	ctx context.Context, method, path string, params stripe.ParamsContainer,
	answer stripe.LastResponseSetter,
) error {
	params.GetParams().Context = ctx
	return p.api.Call(method, path, p.key, params, answer)
}

// page is a page of one of Stripe's lists.
type page[T any] struct {
	stripe.APIResource
	stripe.ListMeta
	Data []T `json:"data"`
}

// list iterates over a whole list, newest first. It ends after an error.
func list[T any](
	ctx context.Context, p *Provider, path string, params stripe.ListParamsContainer,
	id func(T) string,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		common := params.GetListParams()
		common.Context = ctx
		common.Limit = stripe.Int64(100)
		for {
			query := &form.Values{}
			form.AppendTo(query, params)
			var got page[T]
			if err := p.api.CallRaw(
				http.MethodGet, path, p.key, []byte(query.Encode()), common.ToParams(), &got,
			); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range got.Data {
				if !yield(item, nil) {
					return
				}
			}
			if !got.HasMore || len(got.Data) == 0 {
				return
			}
			common.StartingAfter = stripe.String(id(got.Data[len(got.Data)-1]))
		}
	}
}
