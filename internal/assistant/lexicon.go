package assistant

import (
	"context"
	"sync"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/assistant/provider"
	"github.com/shopd/shopd/internal/question"
)

// lexiconAge is how long names and words of the catalogue are kept before they are read again.
const lexiconAge = time.Minute

// lexicon is what the assistant knows of the shop's words: the names of brands and categories, and for a
// provider that learns, the vocabulary of the products.
type lexicon struct {
	mu         sync.Mutex
	dictionary *question.Dictionary
	readAt     time.Time
}

// learner is a provider that learns the words of the catalogue.
type learner interface {
	// Learn takes every document of the catalogue; each calls its argument once per document.
	Learn(each func(yield func(title, body string)))
}

// forget makes the next question read the catalogue's words again.
func (l *lexicon) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readAt = time.Time{}
}

// names answers the dictionary of brands and categories, at most lexiconAge old. Callers wait while one reads.
func (a *Assistant) names(ctx context.Context) (*question.Dictionary, error) {
	l := &a.lexicon
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dictionary != nil && time.Since(l.readAt) < lexiconAge {
		return l.dictionary, nil
	}
	categories, err := a.queries.ListCategoryNames(ctx)
	if err != nil {
		return nil, err
	}
	brands, err := a.queries.ListBrandNames(ctx)
	if err != nil {
		return nil, err
	}
	var categoryNames, brandNames []question.Name
	for _, c := range categories {
		categoryNames = append(categoryNames, question.Name{ID: c.ID, Name: c.Name})
	}
	for _, b := range brands {
		brandNames = append(brandNames, question.Name{ID: b.ID, Name: b.Name})
	}
	if err := a.learn(ctx); err != nil {
		return nil, err
	}
	l.dictionary, l.readAt = question.NewDictionary(categoryNames, brandNames), time.Now()
	return l.dictionary, nil
}

// learn teaches the provider the words of all active products, if it learns.
func (a *Assistant) learn(ctx context.Context) error {
	student, ok := a.provider.(learner)
	if !ok {
		return nil
	}
	model, err := a.Model(ctx)
	if err != nil {
		return err
	}
	var texts []provider.Text
	for after := int64(0); ; {
		rows, err := a.queries.ListProductDocuments(ctx, db.ListProductDocumentsParams{ModelID: model, AfterID: after, PageLimit: documentPage})
		if err != nil {
			return err
		}
		for _, row := range rows {
			texts = append(texts, productDocument(row, nil).Text)
		}
		if len(rows) < documentPage {
			break
		}
		after = rows[len(rows)-1].ID
	}
	student.Learn(func(yield func(title, body string)) {
		for _, t := range texts {
			yield(t.Title, t.Body)
		}
	})
	return nil
}
