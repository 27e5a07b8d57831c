package vectors

import (
	"context"

	"github.com/pgvector/pgvector-go"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/local"
)

// Meaning is the vector of a text, in the space that serves searches and questions.
type Meaning struct {
	Vector   pgvector.HalfVector
	ModelID  int16
	MinScore float64 // cosine similarity below which a product is not meant
	IsLocal  bool    // the vector was made by the built-in model, of words
}

// Understand returns the meaning of a text. Its errors are problems for the client.
func (v *Vectors) Understand(ctx context.Context, text string) (Meaning, error) {
	if _, err := v.Local(ctx); err != nil { // the built-in model must know the words
		return Meaning{}, err
	}
	serving, _, err := v.spacesNow(ctx)
	if err != nil {
		return Meaning{}, err
	}
	vectors, err := serving.embedder.Embed(ctx, model.Query, []model.Text{{Body: text}})
	if err := v.health.Outcome(err); err != nil {
		return Meaning{}, err
	}
	m := Meaning{
		Vector:   pgvector.NewHalfVector(vectors[0]),
		ModelID:  serving.id,
		MinScore: v.settings.Threshold,
		IsLocal:  serving.embedder == model.Embedder(v.local),
	}
	if m.IsLocal {
		m.MinScore += local.Lift
	}
	return m, nil
}

// Local returns the built-in model, whichever model makes the vectors: it knows the words of all
// products, and thus what the shop carries.
func (v *Vectors) Local(ctx context.Context) (*local.Local, error) { return v.words.Get(ctx) }

// learn teaches the built-in model the words of all products.
func (v *Vectors) learn(ctx context.Context) (*local.Local, error) {
	space, err := v.Model(ctx)
	if err != nil {
		return nil, err
	}
	var texts []model.Text
	for after := int64(0); ; {
		rows, err := v.queries.ListProductDocuments(
			ctx,
			db.ListProductDocumentsParams{ModelID: space, AfterID: after, PageLimit: documentPage},
		)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			texts = append(texts, productDocument(row, nil).Text)
		}
		if len(rows) < documentPage {
			break
		}
		after = rows[len(rows)-1].ID
	}
	v.local.Learn(func(yield func(title, body string)) {
		for _, t := range texts {
			yield(t.Title, t.Body)
		}
	})
	return v.local, nil
}
