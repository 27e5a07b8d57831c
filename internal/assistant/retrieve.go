package assistant

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/question"
)

// source is a product that the answer may speak of.
type source struct {
	model.Source
	row sourceRow
}

// sourceRow is a candidate that can be bought, with its facts.
type sourceRow struct {
	db.ListSourcesRow
	candidate
}

// retrieval is how a question was understood, and the sources that were found for it.
type retrieval struct {
	question.Question
	text     string       // the question, complete without the conversation
	within   []int64      // products of the conversation that it is about, if it is about such
	sources  []source     // in the order the question asks for
	missing  []string     // words of the question that none of the products it asks about has
	guessed  bool         // some of its words were taken for typos
	byWords  bool         // the vectors are those of the built-in model, made of words
	local    *local.Local // knows the words of the catalogue
	degraded bool         // the model that makes vectors fails: found by words alone
}

// retrieve finds the sources of an answer in the order the question asks for: the best first unless
// it wants the cheapest, the newest and so on.
func (a *Assistant) retrieve(
	ctx context.Context, text string, history []question.Turn,
) (retrieval, error) {
	known, err := a.names.Get(ctx)
	if err != nil {
		return retrieval{}, err
	}
	builtIn, err := a.vectors.Local(ctx)
	if err != nil {
		return retrieval{}, err
	}
	digits := a.settings.Currency.Digits()
	asked := question.Parse(text, known.Dictionary, digits)
	f := retrieval{Question: asked, text: text, local: builtIn}
	if question.IsWordless(text) {
		f.Smalltalk = question.Wordless
		return f, nil
	}
	if asked.Smalltalk != question.None {
		return f, nil
	}
	if _, err := catalog.TurnSales(ctx, a.queries); err != nil {
		return f, err
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
	// "Which is the cheapest?" after a list is about the list.
	if len(ids) > 0 && (asked.Within || carried && asked.Intent == question.Pick && len(ids) > 1) {
		f.within = ids
	}
	w, err := a.wants(ctx, &f, known)
	if err != nil {
		return f, err
	}
	err = a.find(ctx, &f, w)
	if err == nil && len(f.sources) > 0 {
		a.settings.Metrics.Scored(f.sources[0].Score)
		f.missing = f.missingWords(asked)
	}
	return f, err
}

// wants returns the query for the sources of a question.
func (a *Assistant) wants(ctx context.Context, f *retrieval, known *names) (sourceQuery, error) {
	q := f.Question
	w := sourceQuery{threshold: a.settings.Threshold, conditions: db.ListEligibleProductsParams{
		MinMinor:    q.MinPriceMinor,
		MaxMinor:    q.MaxPriceMinor,
		CategoryIds: []int64{},
		BrandIds:    optional.List(q.BrandIDs),
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
	} else {
		reading, err := a.search.Interpret(ctx, q.Text)
		if err != nil {
			return w, err
		}
		strange, also := f.local.Reading(q.Text)
		corrected := reading.Text != "" && reading.Text != q.Text
		respaced := corrected &&
			strings.EqualFold(
				strings.ReplaceAll(reading.Text, " ", ""), strings.ReplaceAll(q.Text, " ", ""),
			)
		if respaced { // "sleepingbag"
			f.Text = reading.Text
		} else if corrected {
			f.Text = f.local.Correct(q.Text, reading.Corrected)
		}
		words = f.Text
		f.guessed = corrected && !respaced
		if !corrected || strange { // else a synonym was taken for a typo
			w.every, w.most, w.telling = reading.Every, reading.Most, reading.Telling
		}
		words = strings.Join(slices.Concat([]string{words}, reading.Also, also), " ")
	}
	meaning, err := a.vectors.Understand(ctx, words)
	switch {
	case err == nil:
		w.vector, w.model = &meaning.Vector, meaning.ModelID
		f.byWords = meaning.IsLocal
	case a.settings.LocalOnOutage && problem.IsOutage(err) && w.every != "":
		a.settings.Log.WarnContext(ctx, "sources found by words alone", "error", err.Error())
		f.degraded, w.threshold = true, 0
	default:
		return w, err
	}
	return w, nil
}

// find fills in the sources: the products that the shopper points at, or the best of the shop.
func (a *Assistant) find(ctx context.Context, f *retrieval, w sourceQuery) error {
	select {
	case a.turns <- struct{}{}:
		defer func() { <-a.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.within != nil {
		f.dropNames(&w)
		w.conditions.ProductIds = f.within
		w.every, w.most, w.telling, w.threshold = "", "", "", 0
	}
	rows, err := a.candidates(ctx, f, w)
	// The name of a brand or category may be part of the name of another thing ("iPhone case"). If
	// it leaves no product, it is no condition.
	if err == nil && len(rows) == 0 && !f.Generic &&
		len(w.conditions.CategoryIds)+len(w.conditions.BrandIds) > 0 {
		f.dropNames(&w)
		rows, err = a.candidates(ctx, f, w)
	}
	f.sources = a.best(f.Order, rows)
	return err
}

// pointedAt returns the products that the last answer named, or the one of them that an ordinal
// picks.
func pointedAt(history []question.Turn, ordinal int) []int64 {
	for _, message := range slices.Backward(history) {
		if message.Role != question.Assistant {
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

// sqlOrder returns the argument of ListEligibleProducts for an order.
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
