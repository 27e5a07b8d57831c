package assistant

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/vectors"
)

// sure is how far above the threshold a score says by itself that a product is about the question.
// Below, a word of the question must be in the product as well: embeddings of unrelated texts are
// not far from it. See docs/assistant.md.
const sure = 0.2

// relevant drops what is near in numbers but not about the question. The words of the catalogue
// decide: always for the built-in provider, whose numbers are made of words, and for others where
// the score is not sure by itself. What has every word of the question, or a synonym an
// administrator gave, is about it.
func (a *Assistant) relevant(f retrieval, rows []sourceRow) []sourceRow {
	if len(rows) == 0 {
		return rows
	}
	documents := make([]local.Document, len(rows))
	for i, row := range rows {
		documents[i] = documentOf(row)
	}
	keep := f.local.Keep(f.Question, documents)
	kept := rows[:0]
	for i, row := range rows {
		if keep[i] || row.hasAll && !f.guessed ||
			!f.byWords && !f.guessed && row.score >= a.settings.Threshold+sure {
			kept = append(kept, row)
		}
	}
	return kept
}

// documentOf is all that is known of a product in words.
func documentOf(row sourceRow) local.Document {
	title := []string{
		row.ProductCard.Name, optional.Value(row.ProductCard.BrandName),
		optional.Value(row.ProductCard.CategoryName),
	}
	return local.Document{Title: strings.Join(title, " "), Body: func() string {
		return strings.Join(append([]string{row.Description}, vectors.AttributeSentences(row.Attributes)...), " ")
	}}
}

// missingWords returns the words of a question about certain products that none of their texts has: the
// catalogue does not answer it.
func (f retrieval) missingWords(asked question.Question) []string {
	if !asked.About || !asked.YesNo || asked.Intent == question.AskDiscount ||
		asked.Intent == question.AskStock ||
		asked.Intent == question.AskPrice {
		return nil
	}
	documents := make([]string, len(f.sources))
	for i, h := range f.sources {
		document := documentOf(h.row)
		documents[i] = document.Title + " " + document.Body()
	}
	return f.local.Missing(asked.Text, documents)
}

// best takes the first TopK in the order the question asks for.
func (a *Assistant) best(order question.Order, rows []sourceRow) []source {
	buyer := func(r sourceRow) int64 {
		if d := r.ProductCard.DiscountMinor; d != nil {
			return *d
		}
		return r.ProductCard.PriceMinor
	}
	slices.SortStableFunc(rows, func(x, y sourceRow) int {
		switch order {
		case question.Cheapest:
			return cmp.Compare(buyer(x), buyer(y))
		case question.Dearest:
			return cmp.Compare(buyer(y), buyer(x))
		case question.BiggestDiscount:
			return cmp.Compare(discountPct(y), discountPct(x))
		case question.Newest:
			return y.ProductCard.CreatedAt.Compare(x.ProductCard.CreatedAt)
		}
		return 0
	})
	sources := make([]source, 0, a.settings.TopK)
	for _, row := range rows[:min(len(rows), a.settings.TopK)] {
		sources = append(sources, source{Source: a.source(row), row: row})
	}
	return sources
}

// discountPct is the share of the price that the shopper is spared, in whole per cent.
func discountPct(row sourceRow) int {
	card := row.ProductCard
	if card.DiscountMinor == nil {
		return 0
	}
	return int(
		math.Round(
			float64(card.PriceMinor-*card.DiscountMinor) / float64(max(card.PriceMinor, 1)) * 100,
		),
	)
}

// source is what a model may know of a product.
func (a *Assistant) source(row sourceRow) model.Source {
	card, format := row.ProductCard, a.settings.Currency.Format
	s := model.Source{
		ID:          card.ProductID,
		Name:        card.Name,
		Brand:       optional.Value(card.BrandName),
		Category:    optional.Value(card.CategoryName),
		Description: row.Description,
		Currency:    string(a.settings.Currency),
		Price:       format(card.PriceMinor),
		Stock:       card.Stock,
		Score:       min(max(row.score, 0), 1),
		Attributes:  strings.Join(vectors.AttributeSentences(row.Attributes), " "),
	}
	if card.DiscountMinor != nil {
		off := card.PriceMinor - *card.DiscountMinor
		s.DiscountPrice, s.Saving = format(*card.DiscountMinor), format(off)
		s.DiscountPct = discountPct(row)
	}
	return s
}
