package assistant

import (
	"cmp"
	"slices"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/question"
)

// body returns the whole answer as the contract has it.
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

// filters returns the conditions that every source meets.
func (a *Assistant) filters(f retrieval) api.AssistantFilters {
	filters := api.AssistantFilters{
		OnSale:      f.OnSale,
		InStock:     true,
		CategoryIds: optional.List(f.CategoryIDs),
		BrandIds:    optional.List(f.BrandIDs),
		ProductIds:  optional.List(f.within),
		Attributes:  optional.Map(f.Attributes),
		Order:       orders[f.Order],
	}
	if f.MinPriceMinor != nil {
		filters.MinPrice = new(a.settings.Currency.Format(*f.MinPriceMinor))
	}
	if f.MaxPriceMinor != nil {
		filters.MaxPrice = new(a.settings.Currency.Format(*f.MaxPriceMinor))
	}
	return filters
}

// orders are the orders of questions as the contract names them.
var orders = map[question.Order]api.AssistantOrder{
	question.Relevance:       api.AssistantOrderRelevance,
	question.Cheapest:        api.AssistantOrderCheapest,
	question.Dearest:         api.AssistantOrderDearest,
	question.BiggestDiscount: api.AssistantOrderBiggestDiscount,
	question.Newest:          api.AssistantOrderNewest,
}

// sourceBodies returns the sources of an answer as the contract has them, the nearest first.
func sourceBodies(sources []source) []api.AssistantSource {
	nearest := slices.Clone(sources)
	slices.SortStableFunc(nearest, func(x, y source) int { return cmp.Compare(y.Score, x.Score) })
	body := make([]api.AssistantSource, 0, len(nearest))
	for _, s := range nearest {
		body = append(body, api.AssistantSource{
			ID:              s.ID,
			Name:            s.Name,
			Price:           s.Price,
			DiscountPrice:   optional.Of(s.DiscountPrice),
			Stock:           s.Stock,
			SimilarityScore: s.Score,
			CategoryName:    optional.Of(s.Category),
		})
	}
	return body
}
