package assistant

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/pgvector/pgvector-go"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/assistant/provider"
	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/search"
)

// gate is a provider whose scores alone do not tell what the shop does not carry.
type gate interface {
	// Keep answers which documents are about the question at all.
	Keep(q question.Question, text string, documents []string) []bool
}

// hit is a product that may answer the question.
type hit struct {
	provider.Source
	row db.NearestProductsRow
}

// retrieve finds the products an answer may rest on, in the order the question asks for: the nearest first
// unless it wants the cheapest, the newest and so on.
func (a *Assistant) retrieve(ctx context.Context, text string, history []provider.Message) (question.Question, []hit, error) {
	dictionary, err := a.names(ctx)
	if err != nil {
		return question.Question{}, nil, err
	}
	digits := a.settings.Currency.Digits()
	asked := question.Parse(text, dictionary, digits)
	if asked.Smalltalk != question.None {
		return asked, nil, nil
	}
	q, searched := asked, text
	standalone, carried := question.Standalone(history, asked, text)
	if carried {
		searched = standalone
		q = question.Parse(standalone, dictionary, digits)
		q.Intent, q.YesNo = asked.Intent, asked.YesNo
	}
	meaning, err := a.Understand(ctx, q.Text)
	if err != nil {
		return q, nil, err
	}
	params := db.NearestProductsParams{
		QueryVector: meaning.Vector, ModelID: meaning.ModelID, Threshold: a.settings.Threshold,
		MinMinor: q.MinPriceMinor, MaxMinor: q.MaxPriceMinor, CategoryIds: orEmpty(q.CategoryIDs), BrandIds: orEmpty(q.BrandIDs), ProductIds: []int64{},
		Candidates: int32(a.settings.TopK * a.settings.CandidateMultiplier),
	}
	if q.OnSale {
		params.OnSale = new(true)
	}
	if q.Generic {
		params.Sort = sqlOrder(q.Order)
	}
	ids := pointedAt(history, asked.Ordinal)
	// "Which is the cheapest?" behind a list is about the list.
	if len(ids) > 0 && (asked.Within || carried && asked.Intent == question.Pick && len(ids) > 1) {
		return a.within(ctx, q, params, ids)
	}
	rows, err := a.planned.NearestProducts(ctx, params)
	if err != nil {
		return q, nil, err
	}
	return q, a.best(q, a.relevant(q, searched, rows)), nil
}

// within looks among the very products the shopper points at. They are meant however unlike the words are.
func (a *Assistant) within(ctx context.Context, q question.Question, params db.NearestProductsParams, ids []int64) (question.Question, []hit, error) {
	params.ProductIds, params.CategoryIds, params.BrandIds = ids, []int64{}, []int64{}
	rows, err := a.planned.NearestProducts(ctx, params)
	if err == nil && len(rows) == 0 {
		params.Threshold = 0
		rows, err = a.planned.NearestProducts(ctx, params)
	}
	return q, a.best(q, rows), err
}

// Understand answers what a text means, for the assistant and for search.
func (a *Assistant) Understand(ctx context.Context, text string) (search.Meaning, error) {
	if _, err := a.names(ctx); err != nil { // a provider that learns must know the words
		return search.Meaning{}, err
	}
	model, err := a.Model(ctx)
	if err != nil {
		return search.Meaning{}, err
	}
	vectors, err := a.provider.Embed(ctx, provider.Query, []provider.Text{{Body: text}})
	if err := a.outcome(err); err != nil {
		return search.Meaning{}, err
	}
	return search.Meaning{Vector: pgvector.NewHalfVector(vectors[0]), ModelID: model, MinScore: a.settings.Threshold}, nil
}

// relevant drops what is near in numbers but not about the question.
func (a *Assistant) relevant(q question.Question, text string, rows []db.NearestProductsRow) []db.NearestProductsRow {
	g, ok := a.provider.(gate)
	if !ok || len(rows) == 0 {
		return rows
	}
	documents := make([]string, len(rows))
	for i, row := range rows {
		say := []string{row.ProductCard.Name, orBlank(row.ProductCard.BrandName), orBlank(row.ProductCard.CategoryName), row.Description}
		documents[i] = strings.Join(append(say, facts(row.Attributes)...), " ")
	}
	keep := g.Keep(q, text, documents)
	kept := rows[:0:0]
	for i, row := range rows {
		if keep[i] {
			kept = append(kept, row)
		}
	}
	return kept
}

// best takes the first TopK in the order the question asks for.
func (a *Assistant) best(q question.Question, rows []db.NearestProductsRow) []hit {
	hits := make([]hit, 0, len(rows))
	for _, row := range rows {
		hits = append(hits, hit{Source: a.source(row), row: row})
	}
	buyer := func(h hit) int64 {
		if d := h.row.ProductCard.DiscountMinor; d != nil {
			return *d
		}
		return h.row.ProductCard.PriceMinor
	}
	slices.SortStableFunc(hits, func(x, y hit) int {
		switch q.Order {
		case question.Cheapest:
			return cmp.Compare(buyer(x), buyer(y))
		case question.Dearest:
			return cmp.Compare(buyer(y), buyer(x))
		case question.BiggestDiscount:
			return cmp.Compare(y.DiscountPct, x.DiscountPct)
		case question.Newest:
			return y.row.ProductCard.CreatedAt.Compare(x.row.ProductCard.CreatedAt)
		}
		return 0
	})
	return hits[:min(len(hits), a.settings.TopK)]
}

// source is what a model may know of a product.
func (a *Assistant) source(row db.NearestProductsRow) provider.Source {
	card, format := row.ProductCard, a.settings.Currency.Format
	s := provider.Source{
		ID: card.ProductID, Name: card.Name, Brand: orBlank(card.BrandName), Category: orBlank(card.CategoryName),
		Description: row.Description, Currency: string(a.settings.Currency), Price: format(card.PriceMinor), Stock: card.Stock,
		Score: min(max(row.Score, 0), 1),
	}
	if card.DiscountMinor != nil {
		off := card.PriceMinor - *card.DiscountMinor
		s.DiscountPrice, s.Saving = format(*card.DiscountMinor), format(off)
		s.DiscountPct = int(math.Round(float64(off) / float64(max(card.PriceMinor, 1)) * 100))
	}
	return s
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

func orBlank(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func orEmpty(ids []int64) []int64 {
	if ids == nil {
		return []int64{}
	}
	return ids
}
