package assistant

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pgvector/pgvector-go"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/assistant/local"
	"github.com/shopd/shopd/internal/assistant/provider"
	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/search"
)

// hit is a product that may answer the question.
type hit struct {
	provider.Source
	row found
}

// found is a product that FindSources found, with what may be said of it.
type found struct {
	db.ListSourcesRow
	Score  float64
	HasAll bool
}

// finding is what a question was taken to mean, and what was found.
type finding struct {
	question.Question
	text     string   // the question as one that stands by itself
	within   []int64  // products of the conversation it is about
	hits     []hit    // in the order the question asks for
	untold   []string // words of the question that none of the products it asks about has
	guessed  bool     // some of its words were taken for typos
	byWords  bool     // the numbers are made of words
	degraded bool     // found by words alone
}

// retrieve finds the products an answer may rest on, in the order the question asks for: the best first unless it wants the
// cheapest, the newest and so on.
func (a *Assistant) retrieve(ctx context.Context, text string, history []provider.Message) (finding, error) {
	dictionary, err := a.names(ctx)
	if err != nil {
		return finding{}, err
	}
	digits := a.settings.Currency.Digits()
	asked := question.Parse(text, dictionary, digits)
	f := finding{Question: asked, text: text}
	if asked.Smalltalk != question.None {
		return f, nil
	}
	ids := pointedAt(history, asked.Ordinal)
	standalone, carried := question.Standalone(history, asked, text)
	if carried {
		if !asked.Within || len(ids) == 0 {
			standalone = a.rewritten(ctx, history, text, standalone)
		}
		f.text = standalone
		f.Question = question.Parse(standalone, dictionary, digits)
		f.Intent, f.YesNo, f.About = asked.Intent, asked.YesNo, asked.About
	}
	// "Which is the cheapest?" behind a list is about the list.
	if len(ids) > 0 && (asked.Within || carried && asked.Intent == question.Pick && len(ids) > 1) {
		f.within = ids
	}
	params, err := a.searchFor(ctx, &f)
	if err != nil {
		return f, err
	}
	if f.within != nil {
		err = a.within(ctx, &f, params)
	} else {
		var rows []found
		if rows, err = a.find(ctx, params); err == nil {
			f.hits = a.best(f.Order, a.relevant(f, rows))
		}
		// A name may be part of another thing's ("iPhone case"): one that leaves nothing only ranks.
		if err == nil && len(f.hits) == 0 && !f.Generic && len(f.CategoryIDs)+len(f.BrandIDs) > 0 {
			f.anywhere(&params)
			if rows, err = a.find(ctx, params); err == nil {
				f.hits = a.best(f.Order, a.relevant(f, rows))
			}
		}
	}
	if err == nil && len(f.hits) > 0 {
		a.settings.Metrics.Scored(f.hits[0].Score)
		f.untold = a.untold(asked, f.hits)
	}
	return f, err
}

// searchFor writes what a question means as the parameters of the statement that finds its sources.
func (a *Assistant) searchFor(ctx context.Context, f *finding) (db.FindSourcesParams, error) {
	q := f.Question
	params := db.FindSourcesParams{
		Threshold: a.settings.Threshold, MinMinor: q.MinPriceMinor, MaxMinor: q.MaxPriceMinor,
		CategoryIds: []int64{}, OwnIds: []int64{}, BrandIds: orEmpty(q.BrandIDs), ProductIds: []int64{},
		Candidates: int32(a.settings.TopK * a.settings.CandidateMultiplier),
	}
	if len(q.CategoryIDs) > 0 {
		trees, err := a.queries.ListCategoryTrees(ctx, q.CategoryIDs)
		if err != nil {
			return params, err
		}
		params.CategoryIds = trees
		if len(trees) > len(q.CategoryIDs) { // else they are all there is to look at
			params.OwnIds = q.CategoryIDs
		}
	}
	if q.OnSale {
		params.OnSale = new(true)
	}
	if len(q.Attributes) > 0 {
		wanted, err := json.Marshal(q.Attributes)
		if err != nil {
			return params, err
		}
		params.Attributes = wanted
	}
	words := q.Text
	if q.Generic {
		params.Sort = sqlOrder(q.Order)
	} else if a.settings.Words != nil {
		reading, err := a.settings.Words(ctx, q.Text)
		if err != nil {
			return params, err
		}
		strange, also := a.local.Reading(q.Text)
		corrected := reading.Text != "" && reading.Text != q.Text
		respaced := corrected && strings.EqualFold(strings.ReplaceAll(reading.Text, " ", ""), strings.ReplaceAll(q.Text, " ", ""))
		if respaced { // "sleepingbag"
			f.Text = reading.Text
		} else if corrected {
			f.Text = a.local.Mend(q.Text, reading.Mended)
		}
		words = f.Text
		f.guessed = corrected && !respaced
		if !corrected || strange { // else a synonym was taken for a typo
			params.EveryWord, params.MostWords, params.Telling = orNull(reading.Every), orNull(reading.Most), reading.Telling
		}
		words = strings.Join(slices.Concat([]string{words}, reading.Also, also), " ")
	}
	meaning, err := a.Understand(ctx, words)
	switch {
	case err == nil:
		params.QueryVector, params.ModelID = &meaning.Vector, meaning.ModelID
		f.byWords = a.isLocal(ctx)
	case a.settings.LocalOnOutage && isOutage(err) && params.EveryWord != nil:
		a.settings.Log.WarnContext(ctx, "sources found by words alone", "error", err.Error())
		f.degraded, params.Threshold = true, 0
	default:
		return params, err
	}
	return params, nil
}

// find answers the products that meet the conditions, the best first.
func (a *Assistant) find(ctx context.Context, params db.FindSourcesParams) ([]found, error) {
	ranked, err := a.planned.FindSources(ctx, params)
	if err != nil || len(ranked) == 0 {
		return nil, err
	}
	ids := make([]int64, len(ranked))
	for i, r := range ranked {
		ids[i] = r.ProductID
	}
	rows, err := a.queries.ListSources(ctx, db.ListSourcesParams{Ids: ids, MinMinor: params.MinMinor, MaxMinor: params.MaxMinor, OnSale: params.OnSale})
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]db.ListSourcesRow, len(rows))
	for _, row := range rows {
		byID[row.ProductCard.ProductID] = row
	}
	all := make([]found, 0, len(rows))
	for _, r := range ranked {
		if row, ok := byID[r.ProductID]; ok { // else it was sold meanwhile
			all = append(all, found{ListSourcesRow: row, Score: r.Score, HasAll: r.HasAll})
		}
	}
	return all, nil
}

// anywhere lets go of the categories and brands that the question names.
func (f *finding) anywhere(params *db.FindSourcesParams) {
	params.CategoryIds, params.OwnIds, params.BrandIds = []int64{}, []int64{}, []int64{}
	f.CategoryIDs, f.BrandIDs = nil, nil
}

// within looks among the very products the shopper points at. They are meant however unlike the words are.
func (a *Assistant) within(ctx context.Context, f *finding, params db.FindSourcesParams) error {
	f.anywhere(&params)
	params.ProductIds = f.within
	params.EveryWord, params.MostWords, params.Threshold = nil, nil, 0
	rows, err := a.find(ctx, params)
	f.hits = a.best(f.Order, rows)
	return err
}

// Understand answers what a text means, for the assistant and for search.
func (a *Assistant) Understand(ctx context.Context, text string) (search.Meaning, error) {
	if _, err := a.names(ctx); err != nil { // the built-in provider must know the words
		return search.Meaning{}, err
	}
	serving, _, err := a.spacesNow(ctx)
	if err != nil {
		return search.Meaning{}, err
	}
	vectors, err := serving.embedder.Embed(ctx, provider.Query, []provider.Text{{Body: text}})
	if err := a.outcome(err); err != nil {
		return search.Meaning{}, err
	}
	least := a.settings.Threshold
	if serving.embedder == provider.Embedder(a.local) {
		least += local.Lift
	}
	return search.Meaning{Vector: pgvector.NewHalfVector(vectors[0]), ModelID: serving.id, MinScore: least}, nil
}

// isLocal reports whether questions are answered from the built-in provider's vectors.
func (a *Assistant) isLocal(ctx context.Context) bool {
	serving, _, err := a.spacesNow(ctx)
	return err == nil && serving.embedder == provider.Embedder(a.local)
}

// pointedAt are the products the last answer named, or the one of them an ordinal picks.
func pointedAt(history []provider.Message, ordinal int) []int64 {
	for _, message := range slices.Backward(history) {
		if message.Role != provider.Assistant {
			continue
		}
		ids := question.CitedIDs(message.Content)
		switch {
		case ordinal > 0 && ordinal <= len(ids):
			return ids[ordinal-1 : ordinal]
		case ordinal < 0 && -ordinal <= len(ids):
			return ids[len(ids)+ordinal : len(ids)+ordinal+1]
		}
		return ids
	}
	return nil
}

// sqlOrder is the word NearestProducts knows an order by.
func sqlOrder(order question.Order) string {
	switch order {
	case question.Cheapest:
		return "cheapest"
	case question.Dearest:
		return "dearest"
	case question.BiggestDiscount:
		return "discount"
	case question.Newest:
		return "newest"
	}
	return ""
}

func orEmpty(ids []int64) []int64 {
	if ids == nil {
		return []int64{}
	}
	return ids
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
