package vectors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// templateVersion is the version of how documents are written. Vectors of another version are of
// another space.
const templateVersion = 1

// How long it is cached which space serves: long if it is the one of the settings, short while that
// is being built, because another server may complete it.
const (
	settledAge  = time.Minute
	buildingAge = 2 * time.Second
)

// space is a vector space, and the model that makes its vectors.
type space struct {
	id       int16
	name     string
	embedder model.Embedder
}

// spaces caches which space serves and which one the settings want.
type spaces struct {
	mu      sync.Mutex
	serving space
	wanted  space
	readAt  time.Time
}

// Model returns the id of the vector space that serves.
func (v *Vectors) Model(ctx context.Context) (int16, error) {
	serving, _, err := v.spacesNow(ctx)
	return serving.id, err
}

// spacesNow returns the space that serves and the one the settings want. They differ after a change
// of the model, until every product has a vector of the wanted one.
func (v *Vectors) spacesNow(ctx context.Context) (serving, wanted space, err error) {
	s := &v.spaces
	s.mu.Lock()
	defer s.mu.Unlock()
	age := settledAge
	if s.serving.id != s.wanted.id {
		age = buildingAge
	}
	if s.wanted.id != 0 && time.Since(s.readAt) < age {
		return s.serving, s.wanted, nil
	}
	if s.serving, s.wanted, err = v.readSpaces(ctx); err != nil {
		s.wanted.id = 0
		return space{}, space{}, err
	}
	s.readAt = time.Now()
	return s.serving, s.wanted, nil
}

func (s *spaces) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted.id = 0
}

func (v *Vectors) readSpaces(ctx context.Context) (serving, wanted space, err error) {
	wanted = space{name: spaceName(v.model.Model()), embedder: v.model}
	row, err := v.queries.AddEmbeddingModel(ctx, wanted.name)
	if err != nil {
		return serving, wanted, err
	}
	if wanted.id = row.ID; row.State == "active" {
		return wanted, wanted, nil
	}
	active, err := v.queries.GetActiveModel(ctx)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return serving, wanted, err
	}
	if err == nil && active.HasVectors {
		if former := v.former(active.Name); former != nil {
			return space{active.ID, active.Name, former}, wanted, nil
		}
		v.settings.Log.WarnContext(
			ctx,
			"vectors of the former model cannot be searched any more, so those that are made "+
				"serve at once",
			"former", active.Name, "model", wanted.name,
		)
	}
	return wanted, wanted, v.activate(ctx, wanted.id)
}

// former returns the model that makes vectors of a former space; nil if it is not available.
func (v *Vectors) former(name string) model.Embedder {
	switch {
	case name == spaceName(v.local.Model()):
		return v.local
	case v.settings.Former == nil:
		return nil
	}
	model := modelOf(name)
	if model == "" {
		return nil
	}
	return v.settings.Former(model)
}

func spaceName(model string) string { return fmt.Sprintf("%s/v%d", model, templateVersion) }

// modelOf returns the model in the name of a space, whatever the version of the documents: a
// question is embedded alike for all.
func modelOf(name string) string {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == 'v' && name[i-1] == '/' {
			return name[:i-1]
		}
	}
	return ""
}

// activate makes a space the one that serves, in all processes at once.
func (v *Vectors) activate(ctx context.Context, id int16) error {
	return postgres.Tx(ctx, v.pool, func(q *db.Queries) error {
		if err := q.RetireModel(ctx, id); err != nil {
			return err
		}
		return q.ActivateModel(ctx, id)
	})
}

// settle switches to the wanted space if it is complete, and drops spaces that were retired more
// than an hour ago.
func (v *Vectors) settle(ctx context.Context) error {
	serving, wanted, err := v.spacesNow(ctx)
	if err != nil {
		return err
	}
	if serving.id != wanted.id {
		complete, err := v.queries.IsModelComplete(ctx, wanted.id)
		if err != nil || !complete {
			return err
		}
		if err := v.activate(ctx, wanted.id); err != nil {
			return err
		}
		v.spaces.forget()
		v.forget()
		v.settings.Log.InfoContext(
			ctx, "vectors of another model took over", "former", serving.name, "model", wanted.name,
		)
	}
	return v.queries.DropRetiredModels(ctx)
}
