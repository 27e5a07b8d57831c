package assistant

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pgvector/pgvector-go"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/question"
	"github.com/shopd/shopd/internal/search"
)

// hit is a product that may answer the question.
type hit struct {
	model.Source
	row found
}

// found is a candidate that can be bought, with what may be said of it.
type found struct {
	db.ListSourcesRow
	candidate
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

// retrieve finds the products an answer may rest on, in the order the question asks for: the best
// first unless it wants the cheapest, the newest and so on.
func (a *Assistant) retrieve(
	ctx context.Context, text string, history []model.Message,
) (finding, error) {
	known, err := a.names(ctx)
	if err != nil {
		return finding{}, err
	}
	digits := a.settings.Currency.Digits()
	asked := question.Parse(text, known.Dictionary, digits)
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
		f.Question = question.Parse(standalone, known.Dictionary, digits)
		f.Intent, f.YesNo, f.About = asked.Intent, asked.YesNo, asked.About
	}
	// "Which is the cheapest?" behind a list is about the list.
	if len(ids) > 0 && (asked.Within || carried && asked.Intent == question.Pick && len(ids) > 1) {
		f.within = ids
	}
	w, err := a.wants(ctx, &f, known)
	if err != nil {
		return f, err
	}
	err = a.find(ctx, &f, w)
	if err == nil && len(f.hits) > 0 {
		a.settings.Metrics.Scored(f.hits[0].Score)
		f.untold = a.untold(asked, f.hits)
	}
	return f, err
}

// wants writes what a question means as what is asked of the database.
func (a *Assistant) wants(ctx context.Context, f *finding, known *names) (wanted, error) {
	q := f.Question
	w := wanted{threshold: a.settings.Threshold, conditions: db.ListEligibleProductsParams{
		MinMinor:    q.MinPriceMinor,
		MaxMinor:    q.MaxPriceMinor,
		CategoryIds: []int64{},
		BrandIds:    orEmpty(q.BrandIDs),
		ProductIds:  []int64{},
	}}
	if len(q.CategoryIDs) > 0 {
		w.conditions.CategoryIds = known.Trees(q.CategoryIDs)
		for _, id := range w.conditions.CategoryIds {
			w.inCategories += known.categories[id]
		}
	}
	if q.OnSale {
		w.conditions.OnSale = new(true)
	}
	if len(q.Attributes) > 0 {
		attributes, err := json.Marshal(q.Attributes)
		if err != nil {
			return w, err
		}
		w.conditions.Attributes = attributes
		if len(q.Attributes) == 1 {
			for name, value := range q.Attributes {
				w.withAttribute = known.attributes[question.Attribute{Name: name, Value: value}]
			}
		}
	}
	words := q.Text
	if q.Generic {
		w.conditions.Sort = sqlOrder(q.Order)
	} else if a.settings.Words != nil {
		reading, err := a.settings.Words(ctx, q.Text)
		if err != nil {
			return w, err
		}
		strange, also := a.local.Reading(q.Text)
		corrected := reading.Text != "" && reading.Text != q.Text
		respaced := corrected &&
			strings.EqualFold(
				strings.ReplaceAll(reading.Text, " ", ""), strings.ReplaceAll(q.Text, " ", ""),
			)
		if respaced { // "sleepingbag"
			f.Text = reading.Text
		} else if corrected {
			f.Text = a.local.Mend(q.Text, reading.Corrected)
		}
		words = f.Text
		f.guessed = corrected && !respaced
		if !corrected || strange { // else a synonym was taken for a typo
			w.every, w.most, w.telling = reading.Every, reading.Most, reading.Telling
		}
		words = strings.Join(slices.Concat([]string{words}, reading.Also, also), " ")
	}
	meaning, err := a.Understand(ctx, words)
	switch {
	case err == nil:
		w.vector, w.model = &meaning.Vector, meaning.ModelID
		f.byWords = a.isLocal(ctx)
	case a.settings.LocalOnOutage && isOutage(err) && w.every != "":
		a.settings.Log.WarnContext(ctx, "sources found by words alone", "error", err.Error())
		f.degraded, w.threshold = true, 0
	default:
		return w, err
	}
	return w, nil
}

// find fills in the products that the answer may rest on: those the shopper points at, or the best
// of the shop.
func (a *Assistant) find(ctx context.Context, f *finding, w wanted) error {
	select {
	case a.turns <- struct{}{}:
		defer func() { <-a.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.within != nil {
		f.anywhere(&w)
		w.conditions.ProductIds = f.within
		w.every, w.most, w.telling, w.threshold = "", "", "", 0
	}
	rows, err := a.candidates(ctx, f, w)
	// A name may be part of another thing's ("iPhone case"): one that leaves nothing only ranks.
	if err == nil && len(rows) == 0 && !f.Generic &&
		len(w.conditions.CategoryIds)+len(w.conditions.BrandIds) > 0 {
		f.anywhere(&w)
		rows, err = a.candidates(ctx, f, w)
	}
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
	vectors, err := serving.embedder.Embed(ctx, model.Query, []model.Text{{Body: text}})
	if err := a.outcome(err); err != nil {
		return search.Meaning{}, err
	}
	least := a.settings.Threshold
	if serving.embedder == model.Embedder(a.local) {
		least += local.Lift
	}
	return search.Meaning{
		Vector:   pgvector.NewHalfVector(vectors[0]),
		ModelID:  serving.id,
		MinScore: least,
	}, nil
}

// isLocal reports whether questions are answered from the built-in provider's vectors.
func (a *Assistant) isLocal(ctx context.Context) bool {
	serving, _, err := a.spacesNow(ctx)
	return err == nil && serving.embedder == model.Embedder(a.local)
}

// pointedAt are the products the last answer named, or the one of them an ordinal picks.
func pointedAt(history []model.Message, ordinal int) []int64 {
	for _, message := range slices.Backward(history) {
		if message.Role != model.Assistant {
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

// sqlOrder is the word that ListEligibleProducts knows an order by.
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
