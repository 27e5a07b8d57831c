package assistant

import (
	"context"

	"github.com/shopd/shopd/internal/question"
)

// names holds the names of brands, categories and attributes, and how many products each has.
type names struct {
	*question.Dictionary
	categories map[int64]int64              // not counting the categories below
	attributes map[question.Attribute]int64 // of the most frequent values
}

// readNames reads the names that a question may use.
func (a *Assistant) readNames(ctx context.Context) (*names, error) {
	categories, err := a.queries.ListCategoryNames(ctx)
	if err != nil {
		return nil, err
	}
	brands, err := a.queries.ListBrandNames(ctx)
	if err != nil {
		return nil, err
	}
	values, err := a.queries.ListAttributeValues(ctx)
	if err != nil {
		return nil, err
	}
	categoryNames := make([]question.Name, len(categories))
	for i, c := range categories {
		categoryNames[i] = question.Name{ID: c.ID, Name: c.Name}
	}
	brandNames := make([]question.Name, len(brands))
	for i, b := range brands {
		brandNames[i] = question.Name{ID: b.ID, Name: b.Name}
	}
	n := &names{
		Dictionary: question.NewDictionary(categoryNames, brandNames),
		categories: map[int64]int64{},
		attributes: map[question.Attribute]int64{},
	}
	for _, c := range categories {
		n.categories[c.ID] = c.Products
		if c.ParentID != nil {
			n.Nest(c.ID, *c.ParentID)
		}
	}
	attributes := make([]question.Attribute, len(values))
	for i, v := range values {
		attributes[i] = question.Attribute{Name: v.Name, Value: v.Value}
		n.attributes[attributes[i]] = v.Products
	}
	n.AddAttributes(attributes)
	return n, nil
}
