package search

import (
	"context"
	"slices"
	"strings"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/version"
)

// The errors that clients of the synonyms see.
var (
	ErrSynonymsNotFound = problem.NotFound(
		"synonyms_not_found", "There is no such set of synonyms.",
	)
	ErrSynonymTaken = problem.Conflict(
		"synonym_taken",
		"Another set has one of these terms. Add the others to that set, "+
			"or take the term out of it.",
	)
	errNoWord = "has no letter or digit"
)

// ListSynonyms returns a page of sets of synonyms.
func (s *Search) ListSynonyms(
	ctx context.Context, r api.ListSynonymsRequestObject,
) (api.ListSynonymsResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	total, err := s.queries.CountSynonyms(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.queries.ListSynonyms(ctx, asked.Offset, asked.Limit)
	if err != nil {
		return nil, err
	}
	body := api.SynonymPage{
		Items:  make([]api.SynonymSet, 0, len(rows)),
		Total:  total,
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, synonymBody(row))
	}
	return api.ListSynonyms200JSONResponse(body), nil
}

// GetSynonyms returns one set.
func (s *Search) GetSynonyms(
	ctx context.Context, r api.GetSynonymsRequestObject,
) (api.GetSynonymsResponseObject, error) {
	row, err := s.queries.GetSynonyms(ctx, r.ID)
	if err != nil {
		return nil, postgres.NotFound(err, ErrSynonymsNotFound)
	}
	return api.GetSynonyms200JSONResponse{
		Body:    synonymBody(row),
		Headers: api.GetSynonyms200ResponseHeaders{ETag: synonymTag(row)},
	}, nil
}

// CreateSynonyms creates a set.
func (s *Search) CreateSynonyms(
	ctx context.Context, r api.CreateSynonymsRequestObject,
) (api.CreateSynonymsResponseObject, error) {
	terms, meaning, err := readSynonyms(*r.Body)
	if err != nil {
		return nil, err
	}
	var created db.SearchSynonym
	err = s.changeSynonyms(ctx, func(q *db.Queries) (err error) {
		if created, err = q.CreateSynonyms(ctx, terms, meaning); err != nil {
			return err
		}
		return q.TakeSynonymTerms(ctx, created.ID, terms)
	})
	if err != nil {
		return nil, err
	}
	return api.CreateSynonyms201JSONResponse{
		Body:    synonymBody(created),
		Headers: api.CreateSynonyms201ResponseHeaders{ETag: synonymTag(created)},
	}, nil
}

// ReplaceSynonyms replaces the terms and the meaning of a set.
func (s *Search) ReplaceSynonyms(
	ctx context.Context, r api.ReplaceSynonymsRequestObject,
) (api.ReplaceSynonymsResponseObject, error) {
	terms, meaning, err := readSynonyms(*r.Body)
	if err != nil {
		return nil, err
	}
	var now db.SearchSynonym
	err = s.changeSynonyms(ctx, func(q *db.Queries) (err error) {
		if err := lockSynonyms(ctx, q, r.ID, r.Params.IfMatch); err != nil {
			return err
		}
		if err := q.FreeSynonymTerms(ctx, r.ID); err != nil {
			return err
		}
		if err := q.TakeSynonymTerms(ctx, r.ID, terms); err != nil {
			return err
		}
		now, err = q.ReplaceSynonyms(ctx, terms, meaning, r.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return api.ReplaceSynonyms200JSONResponse{
		Body:    synonymBody(now),
		Headers: api.ReplaceSynonyms200ResponseHeaders{ETag: synonymTag(now)},
	}, nil
}

// DeleteSynonyms deletes a set.
func (s *Search) DeleteSynonyms(
	ctx context.Context, r api.DeleteSynonymsRequestObject,
) (api.DeleteSynonymsResponseObject, error) {
	err := s.changeSynonyms(ctx, func(q *db.Queries) error {
		if err := lockSynonyms(ctx, q, r.ID, r.Params.IfMatch); err != nil {
			return err
		}
		return q.DeleteSynonyms(ctx, r.ID)
	})
	return api.DeleteSynonyms204Response{}, err
}

// changeSynonyms runs a change in a transaction. The next search uses it.
func (s *Search) changeSynonyms(ctx context.Context, work func(*db.Queries) error) error {
	err := postgres.Tx(ctx, s.pool, work)
	if postgres.Violates(err, "search_synonym_terms_pkey") {
		return ErrSynonymTaken
	}
	s.settings.Changed(ctx)
	return err
}

func lockSynonyms(ctx context.Context, q *db.Queries, id int64, ifMatch *string) error {
	now, err := q.LockSynonyms(ctx, id)
	if err != nil {
		return postgres.NotFound(err, ErrSynonymsNotFound)
	}
	return version.Check(ifMatch, now.Version)
}

// readSynonyms validates a set and returns its terms, each once, in the words that search reads.
func readSynonyms(in api.SynonymInput) (terms []string, meaning *string, err error) {
	var wrong []problem.Field
	for _, term := range in.Terms {
		read := strings.Join(fold(term), " ")
		switch {
		case read == "":
			wrong = append(wrong, problem.Field{Pointer: "/terms", Message: errNoWord})
		case !slices.Contains(terms, read):
			terms = append(terms, read)
		}
	}
	if in.Meaning != nil {
		meaning = new(strings.Join(fold(*in.Meaning), " "))
		switch {
		case *meaning == "":
			wrong = append(wrong, problem.Field{Pointer: "/meaning", Message: errNoWord})
		case slices.Contains(terms, *meaning):
			wrong = append(
				wrong, problem.Field{Pointer: "/meaning", Message: "is one of the terms"},
			)
		}
	} else if len(terms) < 2 && wrong == nil {
		wrong = append(
			wrong,
			problem.Field{Pointer: "/terms", Message: "needs two different terms, or a meaning"},
		)
	}
	if wrong != nil {
		return nil, nil, problem.Invalid(wrong...)
	}
	return terms, meaning, nil
}

func synonymTag(row db.SearchSynonym) *string { return new(version.Tag(row.Version)) }

func synonymBody(row db.SearchSynonym) api.SynonymSet {
	return api.SynonymSet{
		ID:        row.ID,
		Terms:     row.Terms,
		Meaning:   row.Meaning,
		CreatedAt: row.CreatedAt,
		UpdatedAt: row.UpdatedAt,
	}
}
