package assistant

import (
	"context"
	"sync"
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/question"
)

// How long names and words of the catalogue are kept before the database is asked whether any
// changed, and before they are read again in any case: a change may have been counted before it
// could be seen.
const (
	lexiconAge    = time.Minute
	maxLexiconAge = 15 * time.Minute
)

// lexicon is what the assistant knows of the shop's words: the names of brands, categories and
// attributes, and the vocabulary of the products, which the built-in provider has.
type lexicon struct {
	mu      sync.Mutex
	names   *names
	readAt  time.Time
	askedAt time.Time
	changes int64
	reading bool
}

// names are those of brands, categories and attributes, with how many products were there of what.
type names struct {
	*question.Dictionary
	categories map[int64]int64              // without those below them
	attributes map[question.Attribute]int64 // of the commonest values
}

// forget makes the next question read the catalogue's words again.
func (l *lexicon) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = nil
}

// names answers the dictionary of brands and categories. Callers wait for the first; from then on
// an older one serves while another is read, which takes long for a large catalogue.
func (a *Assistant) names(ctx context.Context) (*names, error) {
	l := &a.lexicon
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		known, changes, err := a.readNames(ctx)
		if err != nil {
			return nil, err
		}
		l.names, l.changes, l.readAt, l.askedAt = known, changes, time.Now(), time.Now()
		return known, nil
	}
	if time.Since(l.askedAt) >= lexiconAge && !l.reading {
		l.reading = true
		known, changes, anyway := l.names, l.changes, time.Since(l.readAt) >= maxLexiconAge
		a.runs.Go(func() { a.refreshNames(known, changes, anyway) })
	}
	return l.names, nil
}

// refreshNames reads the names again if anything changed, or anyway.
func (a *Assistant) refreshNames(known *names, changes int64, anyway bool) {
	ctx, cancel := context.WithTimeout(a.running, 5*time.Minute)
	defer cancel()
	now, err := a.queries.GetCatalogueChanges(ctx)
	fresh := (*names)(nil)
	if err == nil && (anyway || now != changes) {
		fresh, now, err = a.readNames(ctx)
	}
	if err != nil {
		a.settings.Log.WarnContext(ctx, "words of the catalogue not read", "error", err.Error())
	}
	l := &a.lexicon
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reading, l.askedAt = false, time.Now()
	if fresh != nil && l.names == known { // forgotten meanwhile: the next caller reads what is new
		l.names, l.changes, l.readAt = fresh, now, time.Now()
	}
}

// readNames reads the names and has the words learned, as of a count of changes.
func (a *Assistant) readNames(ctx context.Context) (*names, int64, error) {
	changes, err := a.queries.GetCatalogueChanges(ctx)
	if err != nil {
		return nil, 0, err
	}
	categories, err := a.queries.ListCategoryNames(ctx)
	if err != nil {
		return nil, 0, err
	}
	brands, err := a.queries.ListBrandNames(ctx)
	if err != nil {
		return nil, 0, err
	}
	var categoryNames, brandNames []question.Name
	for _, c := range categories {
		categoryNames = append(categoryNames, question.Name{ID: c.ID, Name: c.Name})
	}
	for _, b := range brands {
		brandNames = append(brandNames, question.Name{ID: b.ID, Name: b.Name})
	}
	n := &names{
		question.NewDictionary(categoryNames, brandNames), map[int64]int64{},
		map[question.Attribute]int64{},
	}
	for _, c := range categories {
		n.categories[c.ID] = c.Products
		if c.ParentID != nil {
			n.Nest(c.ID, *c.ParentID)
		}
	}
	values, err := a.queries.ListAttributeValues(ctx)
	if err != nil {
		return nil, 0, err
	}
	attributes := make([]question.Attribute, len(values))
	for i, v := range values {
		attributes[i] = question.Attribute{Name: v.Name, Value: v.Value}
		n.attributes[attributes[i]] = v.Products
	}
	n.AddAttributes(attributes)
	return n, changes, a.learn(ctx)
}

// learn teaches the built-in provider the words of all products: they tell what the shop carries,
// whoever makes vectors.
func (a *Assistant) learn(ctx context.Context) error {
	space, err := a.Model(ctx)
	if err != nil {
		return err
	}
	var texts []model.Text
	for after := int64(0); ; {
		rows, err := a.queries.ListProductDocuments(
			ctx,
			db.ListProductDocumentsParams{ModelID: space, AfterID: after, PageLimit: documentPage},
		)
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
	a.local.Learn(func(yield func(title, body string)) {
		for _, t := range texts {
			yield(t.Title, t.Body)
		}
	})
	return nil
}
