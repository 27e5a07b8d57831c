package assistant

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/question"
)

// AskAssistant writes an answer to a question about the catalogue.
func (a *Assistant) AskAssistant(
	ctx context.Context, r api.AskAssistantRequestObject,
) (api.AskAssistantResponseObject, error) {
	if len(r.Body.History) > a.settings.MaxHistory {
		return nil, problem.Invalid(
			problem.Field{
				Pointer: "/history",
				Message: fmt.Sprintf("must have at most %d items", a.settings.MaxHistory),
			},
		)
	}
	history := make([]question.Turn, len(r.Body.History))
	for i, m := range r.Body.History {
		history[i] = question.Turn{Role: question.Role(m.Role), Content: m.Content}
	}
	reply, err := a.prepare(ctx, r.Body.Query, history)
	if err != nil {
		return nil, err
	}
	if request.From(ctx).EventStream {
		return a.stream(ctx, reply, *r.Body)
	}
	written, err := a.write(ctx, reply, false, func(string) error { return nil })
	if err != nil {
		return nil, err
	}
	headers := api.AskAssistant200ResponseHeaders{XAssistantProvider: optional.Of(reply.provider)}
	return api.AskAssistant200JSONResponse{
		Body:    a.body(reply, written, *r.Body),
		Headers: headers,
	}, nil
}

// body is the whole answer.
func (a *Assistant) body(
	r *reply, written *editor, asked api.AssistantQuestion,
) api.AssistantAnswer {
	text := written.out.String()
	conversation := append(slices.Clone(asked.History),
		api.ConversationMessage{Role: api.ConversationRoleUser, Content: asked.Query},
		api.ConversationMessage{Role: api.ConversationRoleAssistant, Content: text})
	return api.AssistantAnswer{
		Answer:   text,
		Sources:  sourceBodies(r.sources),
		Filters:  a.filters(r.retrieval),
		Claims:   written.claims,
		Degraded: r.degraded,
		Query:    asked.Query,
		History:  conversation[max(0, len(conversation)-a.settings.MaxHistory):],
	}
}

// filters are the conditions every source meets.
func (a *Assistant) filters(f retrieval) api.AssistantFilters {
	filters := api.AssistantFilters{
		OnSale:      f.OnSale,
		InStock:     true,
		CategoryIds: orEmpty(f.CategoryIDs),
		BrandIds:    orEmpty(f.BrandIDs),
		ProductIds:  orEmpty(f.within),
		Attributes:  f.Attributes,
		Order:       orders[f.Order],
	}
	if filters.Attributes == nil {
		filters.Attributes = map[string]string{}
	}
	if f.MinPriceMinor != nil {
		filters.MinPrice = new(a.settings.Currency.Format(*f.MinPriceMinor))
	}
	if f.MaxPriceMinor != nil {
		filters.MaxPrice = new(a.settings.Currency.Format(*f.MaxPriceMinor))
	}
	return filters
}

var orders = map[question.Order]api.AssistantOrder{
	question.Relevance:       api.AssistantOrderRelevance,
	question.Cheapest:        api.AssistantOrderCheapest,
	question.Dearest:         api.AssistantOrderDearest,
	question.BiggestDiscount: api.AssistantOrderBiggestDiscount,
	question.Newest:          api.AssistantOrderNewest,
}

// sources are the products of an answer, nearest first.
func sourceBodies(sources []source) []api.AssistantSource {
	nearest := slices.Clone(sources)
	slices.SortStableFunc(nearest, func(x, y source) int { return cmp.Compare(y.Score, x.Score) })
	body := make([]api.AssistantSource, 0, len(nearest))
	for _, h := range nearest {
		source := api.AssistantSource{
			ID: h.ID, Name: h.Name, Price: h.Price, Stock: h.Stock, SimilarityScore: h.Score,
		}
		if h.DiscountPrice != "" {
			source.DiscountPrice = &h.DiscountPrice
		}
		if h.Category != "" {
			source.CategoryName = &h.Category
		}
		body = append(body, source)
	}
	return body
}
