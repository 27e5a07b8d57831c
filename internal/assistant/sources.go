package assistant

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/platform/money"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/vectors"
)

// sure is how far above the threshold a score alone shows that a product is about the question.
// Below, the product must also have a word of the question, because vectors of unrelated texts are
// almost as near. See docs/assistant.md.
const sure = 0.2

// relevant drops products that are near but not about the question. The words of the catalogue
// decide: always for the built-in model, whose vectors are made of words, and for others if the
// score alone is not sure. A product with every word of the question, or a synonym that an
// administrator gave, is about it.
func (a *Assistant) relevant(f retrieval, rows []sourceRow) []sourceRow {
	if len(rows) == 0 {
		return rows
	}
	documents := make([]local.Document, len(rows))
	for i, row := range rows {
		documents[i] = documentOf(row)
	}
	keep := f.local.Relevant(f.Question, documents)
	relevant := rows[:0]
	for i, row := range rows {
		if keep[i] || row.hasAll && !f.guessed ||
			!f.byWords && !f.guessed && row.score >= a.settings.Threshold+sure {
			relevant = append(relevant, row)
		}
	}
	return relevant
}

// documentOf returns all words of a product.
func documentOf(row sourceRow) local.Document {
	title := []string{
		row.ProductCard.Name, optional.Value(row.ProductCard.BrandName),
		optional.Value(row.ProductCard.CategoryName),
	}
	return local.Document{Title: strings.Join(title, " "), Body: func() string {
		return strings.Join(
			append([]string{row.Description}, vectors.AttributeSentences(row.Attributes)...), " ",
		)
	}}
}

// missingWords returns the words of a question about certain products that none of their texts has:
// what the catalogue does not record.
func (f retrieval) missingWords(asked question.Question) []string {
	if !asked.About || !asked.YesNo || asked.Intent == question.AskDiscount ||
		asked.Intent == question.AskStock ||
		asked.Intent == question.AskPrice {
		return nil
	}
	documents := make([]string, len(f.sources))
	for i, s := range f.sources {
		document := documentOf(s.row)
		documents[i] = document.Title + " " + document.Body()
	}
	return f.local.Missing(asked.Text, documents)
}

// best returns the first TopK sources in the order that the question asks for.
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
			return cmp.Compare(percentOff(y.ProductCard), percentOff(x.ProductCard))
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

// percentOff returns how much less than its price a product costs, in per cent; 0 if it is not on
// sale.
func percentOff(card db.ProductCard) int {
	return int(optional.Value(money.PercentOff(card.PriceMinor, card.DiscountMinor)))
}

// source returns what a model may know of a product.
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
		s.DiscountPct = percentOff(card)
	}
	return s
}
