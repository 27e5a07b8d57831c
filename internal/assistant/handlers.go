package assistant

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/audit"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/question"
)

// AskAssistant answers a question about the catalogue.
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
	history := make([]model.Message, len(r.Body.History))
	for i, m := range r.Body.History {
		history[i] = model.Message{Role: model.Role(m.Role), Content: m.Content}
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
	headers := api.AskAssistant200ResponseHeaders{XAssistantProvider: orNull(reply.provider)}
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
		Sources:  sources(r.hits),
		Filters:  a.filters(r.finding),
		Claims:   written.claims,
		Degraded: r.degraded,
		Query:    asked.Query,
		History:  conversation[max(0, len(conversation)-a.settings.MaxHistory):],
	}
}

// filters are the conditions every source meets.
func (a *Assistant) filters(f finding) api.AssistantFilters {
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
func sources(hits []hit) []api.AssistantSource {
	nearest := slices.Clone(hits)
	slices.SortStableFunc(nearest, func(x, y hit) int { return cmp.Compare(y.Score, x.Score) })
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

// IndexProducts answers when every active product has its vector.
func (a *Assistant) IndexProducts(
	ctx context.Context, _ api.IndexProductsRequestObject,
) (api.IndexProductsResponseObject, error) {
	report, err := a.EmbedProducts(ctx, nil)
	if err == nil {
		err = a.record(ctx, "index.products_indexed", 0, report)
	}
	if err != nil {
		return nil, err
	}
	return api.IndexProducts200JSONResponse{Body: reportBody(report)}, nil
}

// IndexCategories answers when every category has its vector and every product the blend.
func (a *Assistant) IndexCategories(
	ctx context.Context, _ api.IndexCategoriesRequestObject,
) (api.IndexCategoriesResponseObject, error) {
	report, err := a.EmbedCategories(ctx)
	if err == nil {
		err = a.record(ctx, "index.categories_indexed", 0, report)
	}
	if err != nil {
		return nil, err
	}
	return api.IndexCategories200JSONResponse{Body: api.CategoryIndexReport{
		CategoriesProcessed: int32(report.Current),
		ProductsUpdated:     int32(report.Blended),
		Errors:              int32(report.Failed),
	}}, nil
}

// ReindexProduct makes the vector of one product anew.
func (a *Assistant) ReindexProduct(
	ctx context.Context, r api.ReindexProductRequestObject,
) (api.ReindexProductResponseObject, error) {
	report, err := a.EmbedProduct(ctx, r.ID)
	if err == nil {
		err = a.record(ctx, "index.product_reindexed", r.ID, report)
	}
	if err != nil {
		return nil, err
	}
	return api.ReindexProduct200JSONResponse{Body: reportBody(report)}, nil
}

// record writes down that somebody had vectors made: of one product, or of all when it is 0.
func (a *Assistant) record(ctx context.Context, event string, product int64, report Report) error {
	entry := audit.Entry{
		Event:      event,
		ObjectType: "index",
		Detail: map[string]any{
			"made":    report.Made,
			"blended": report.Blended,
			"failed":  report.Failed,
		},
	}
	if product != 0 {
		entry.ObjectType, entry.ObjectID = "product", strconv.FormatInt(product, 10)
	}
	return audit.Record(ctx, a.queries, entry)
}

func reportBody(report Report) api.IndexReport {
	message := fmt.Sprintf("%d products are indexed, %d of them anew.", report.Current, report.Made)
	if report.Failed > 0 {
		message += fmt.Sprintf(" %d could not be indexed.", report.Failed)
	}
	return api.IndexReport{
		Indexed: int32(report.Current),
		Errors:  int32(report.Failed),
		Message: message,
	}
}

// GetIndexStatus answers how much of the catalogue is indexed.
func (a *Assistant) GetIndexStatus(
	ctx context.Context, _ api.GetIndexStatusRequestObject,
) (api.GetIndexStatusResponseObject, error) {
	serving, wanted, err := a.spacesNow(ctx)
	if err != nil {
		return nil, err
	}
	row, err := a.queries.CountEmbeddings(ctx, wanted.id)
	if err != nil {
		return nil, err
	}
	status := api.GetIndexStatus200JSONResponse{
		Provider:          a.provider.Name(),
		Model:             a.provider.Model(),
		Dimensions:        int32(a.settings.Dimensions),
		Products:          row.Products,
		Indexed:           row.Products - row.Stale,
		Stale:             row.Stale,
		Failing:           row.Failing,
		CategoriesIndexed: row.Categories,
		ServingModel:      serving.name,
	}
	if row.LastRunAt.Unix() > 0 {
		status.LastRunAt = &row.LastRunAt
	}
	last, err := a.queries.GetLastIndexRun(ctx)
	if isNoRow(err) {
		return status, nil
	}
	status.Run = runBody(last)
	return status, err
}

func runBody(row db.IndexRun) *api.IndexRun {
	run := &api.IndexRun{
		Kind:         api.IndexRunKind(row.Kind),
		State:        api.IndexRunStateRunning,
		Total:        row.Total,
		Done:         row.Done,
		Made:         row.Made,
		Failed:       row.Failed,
		StartedAt:    row.StartedAt,
		FinishedAt:   row.FinishedAt,
		WaitingUntil: row.WaitingUntil,
		Problem:      row.Problem,
	}
	switch {
	case row.Problem != nil:
		run.State = api.IndexRunStateFailed
	case row.FinishedAt != nil:
		run.State = api.IndexRunStateDone
	case row.WaitingUntil != nil:
		run.State = api.IndexRunStateWaiting
	}
	return run
}
