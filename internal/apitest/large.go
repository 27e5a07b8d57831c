package apitest

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"
	pgxvec "github.com/pgvector/pgvector-go/pgx"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/local"
	"github.com/shopd/shopd/internal/vectors"
)

//go:embed large.sql
var largeSQL string

// fillLarge makes many products and their vectors, a statement at a time, as some may not run
// within a transaction.
func fillLarge(ctx context.Context, url string, v *vectors.Vectors) error {
	model, err := v.Model(ctx)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var index string
	if err := conn.QueryRow(
		ctx, "SELECT pg_get_indexdef('product_embeddings_nearest_idx'::regclass)",
	).
		Scan(&index); err != nil {
		return err
	}
	if err := run(ctx, conn, largeSQL+"DROP INDEX product_embeddings_nearest_idx"); err != nil {
		return err
	}
	if err := fillVectors(ctx, conn, model); err != nil {
		return err
	}
	// Built at once, which is faster than vector by vector; as the migration does, by one process.
	return run(
		ctx, conn,
		"SET maintenance_work_mem = '1GB';\nSET max_parallel_maintenance_workers = 0;\n"+index+
			";\nVACUUM ANALYZE",
	)
}

func run(ctx context.Context, conn *pgx.Conn, statements string) error {
	for statement := range strings.SplitSeq(statements, ";\n") {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%.60s: %w", strings.TrimSpace(statement), err)
		}
	}
	return nil
}

// Texts as the index makes them of categories and products, without what depends on prices and
// stock.
const (
	categoryTexts = `SELECT c.id, c.name, concat('Part of ' || p.name || '.') FROM categories c
		LEFT JOIN categories p ON p.id = c.parent_id`
	productTexts = `SELECT p.id, p.name, concat_ws(' ', 'Brand: ' || b.name || '.',
		'Category: ' || root.name || ' > ' || c.name || '.', p.description,
		(SELECT string_agg(key || ': ' || value || '.', ' ' ORDER BY key)
		FROM jsonb_each_text(p.attributes)))
		FROM products p JOIN brands b ON b.id = p.brand_id JOIN categories c ON c.id = p.category_id
		JOIN categories root ON root.id = c.parent_id
		WHERE p.id BETWEEN $1 AND $1 + 9999`
)

// fillVectors embeds all categories and products by the built-in model. The server's own index run
// would take many times as long, since it stores them one by one, to be able to continue where it
// was stopped.
func fillVectors(ctx context.Context, conn *pgx.Conn, model int16) error {
	if err := pgxvec.RegisterTypes(ctx, conn); err != nil {
		return err
	}
	if err := run(
		ctx, conn, "CREATE TEMPORARY TABLE made (id bigint, base vector(768))",
	); err != nil {
		return err
	}
	if err := embed(ctx, conn, categoryTexts); err != nil {
		return err
	}
	if _, err := conn.Exec(
		ctx,
		`INSERT INTO category_embeddings (model_id, category_id, document_hash, base)
			SELECT $1, id, '\x00', base FROM made`,
		model,
	); err != nil {
		return err
	}
	for from := 1; from <= largeProducts; from += 10_000 {
		if err := run(ctx, conn, "TRUNCATE made"); err != nil {
			return err
		}
		if err := embed(ctx, conn, productTexts, from); err != nil {
			return err
		}
		_, err := conn.Exec(
			ctx,
			`INSERT INTO product_embeddings (model_id, product_id, category_id, document_hash,
				category_hash, base, embedding, embedded_at)
			SELECT $1, m.id, p.category_id, '\x00', c.document_hash, m.base, blend(m.base, c.base),
			now()
			  FROM made m JOIN products p ON p.id = m.id JOIN category_embeddings c ON c.category_id
			  = p.category_id AND c.model_id = $1`,
			model,
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// largeProducts is how many products large.sql makes.
const largeProducts = 100_000

// embed makes the vectors of texts, by id, in the table made.
func embed(ctx context.Context, conn *pgx.Conn, texts string, args ...any) error {
	rows, err := conn.Query(ctx, texts, args...)
	if err != nil {
		return err
	}
	var made [][]any
	var id int64
	var text model.Text
	embedder := local.New()
	_, err = pgx.ForEachRow(rows, []any{&id, &text.Title, &text.Body}, func() error {
		vectors, err := embedder.Embed(ctx, model.Document, []model.Text{text})
		if err == nil {
			made = append(made, []any{id, pgvector.NewVector(vectors[0])})
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = conn.CopyFrom(
		ctx, pgx.Identifier{"made"}, []string{"id", "base"}, pgx.CopyFromRows(made),
	)
	return err
}

// ShoppersWords are what shoppers of the large catalogue may type: some words of one product, or of
// two.
func (s *Shop) ShoppersWords() (all []string) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(what string) string {
		return Value[string](
			s,
			"SELECT "+what+
				" FROM products p JOIN categories c ON c.id = p.category_id WHERE p.id = $1",
			1+random.IntN(largeProducts),
		)
	}
	const (
		noun      = "lower(c.name)"
		adjective = "split_part(p.name, ' ', 3)"
		colour    = "(p.attributes->>'color')"
		material  = "(p.attributes->>'material')"
		brand     = "split_part(p.name, ' ', 1)"
	)
	for range 8 {
		all = append(
			all, word(noun), word(adjective+" || ' ' || "+noun), word(brand+" || ' ' || "+noun),
			word(colour)+" "+word(noun), word(noun+" || ' of ' || "+material),
		)
	}
	return all
}
