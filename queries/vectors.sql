-- Adds a vector space unless there is one of the name. One that was retired is built again.
-- name: AddEmbeddingModel :one
INSERT INTO embedding_models (name) VALUES ($1)
ON CONFLICT (name) DO UPDATE SET state = CASE WHEN embedding_models.state = 'retired' THEN 'building' ELSE embedding_models.state END, retired_at = NULL
RETURNING id, state;

-- Returns the vector space that serves, and whether it has any vectors.
-- name: GetActiveModel :one
SELECT m.id, m.name, EXISTS (SELECT FROM product_embeddings e WHERE e.model_id = m.id) AS has_vectors
  FROM embedding_models m WHERE m.state = 'active';

-- Retires the active space. Run it before ActivateModel in a transaction: one space is active at a
-- time.
-- name: RetireModel :exec
UPDATE embedding_models SET state = 'retired', retired_at = now() WHERE state = 'active' AND id <> $1;

-- name: ActivateModel :exec
UPDATE embedding_models SET state = 'active', retired_at = NULL WHERE id = $1 AND state <> 'active';

-- Deletes the vectors of models that were retired an hour ago. Until then, a server may still use
-- them.
-- name: DropRetiredModels :exec
DELETE FROM embedding_models WHERE state = 'retired' AND retired_at < now() - interval '1 hour';

-- Reports whether every product that can be embedded has its vector of a model, and every category.
-- name: IsModelComplete :one
SELECT (NOT EXISTS (SELECT FROM products p WHERE p.deleted_at IS NULL
                       AND NOT EXISTS (SELECT FROM product_embeddings e WHERE e.product_id = p.id AND e.model_id = @model_id)
                       AND NOT EXISTS (SELECT FROM embedding_failures f WHERE f.product_id = p.id))
    AND NOT EXISTS (SELECT FROM categories c
                     WHERE NOT EXISTS (SELECT FROM category_embeddings e WHERE e.category_id = c.id AND e.model_id = @model_id)))::boolean;

-- Begins a run, or returns the one of the same kind that is under way.
-- name: BeginIndexRun :one
INSERT INTO index_runs AS r (model_id, kind) VALUES ($1, $2)
ON CONFLICT (model_id, kind) WHERE finished_at IS NULL DO UPDATE SET updated_at = r.updated_at
RETURNING r.id, (r.xmax = 0)::boolean AS is_new;

-- name: GetIndexRun :one
SELECT * FROM index_runs WHERE id = $1;

-- name: GetLastIndexRun :one
SELECT r.* FROM index_runs r ORDER BY (r.finished_at IS NULL) DESC, r.id DESC LIMIT 1;

-- name: UpdateIndexRun :exec
UPDATE index_runs SET total = @total, done = @done, made = @made, blended = @blended, failed = @failed, updated_at = now(), waiting_until = sqlc.narg(waiting_until)
 WHERE id = @id;

-- name: FinishIndexRun :exec
UPDATE index_runs SET finished_at = now(), updated_at = now(), waiting_until = NULL, problem = sqlc.narg(problem) WHERE id = @id AND finished_at IS NULL;

-- Deletes all but the last hundred runs.
-- name: ForgetIndexRuns :exec
DELETE FROM index_runs WHERE finished_at IS NOT NULL AND id <= (SELECT max(id) - 100 FROM index_runs);

-- Returns how many products and categories there are for a run.
-- name: CountIndexable :one
SELECT (SELECT count(*) FROM products WHERE deleted_at IS NULL)::int AS products, (SELECT count(*) FROM categories)::int AS categories;

-- Takes or renews the lease of indexing for a minute: one run indexes at a time, and one that
-- crashed blocks others for a minute at most. run is the name of the run that has the lease.
-- name: LeaseIndex :execrows
UPDATE embedding_models SET run = @run, run_until = now() + interval '60 seconds'
 WHERE id = @model_id AND (run = @run OR run_until IS NULL OR run_until < now());

-- name: ReleaseIndex :exec
UPDATE embedding_models SET run = NULL, run_until = NULL WHERE id = @model_id AND run = @run;

-- Returns the texts of products after an id, with the hash of the document of which the vector was
-- made (null without one). Inactive products are included, so that they are found by meaning as
-- soon as they are published. Documents have bands instead of numbers that change with every sale.
-- name: ListProductDocuments :many
SELECT p.id, p.name, p.description, p.attributes, b.name AS brand_name, p.category_id, c.name AS category_name,
       parent.name AS parent_category_name, l.price_minor, l.discount_minor, l.buyer_minor, l.stock,
       e.document_hash, coalesce(e.embedded_at < p.updated_at, true)::boolean AS is_older, now()::timestamptz AS read_at
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
  LEFT JOIN brands b ON b.id = p.brand_id
  LEFT JOIN categories c ON c.id = p.category_id
  LEFT JOIN categories parent ON parent.id = c.parent_id
  LEFT JOIN product_embeddings e ON e.product_id = p.id AND e.model_id = @model_id AND e.product_id > @after_id
 WHERE p.deleted_at IS NULL AND l.product_id > @after_id AND p.id > @after_id AND (sqlc.narg(product_id)::bigint IS NULL OR p.id = sqlc.narg(product_id))
 ORDER BY l.product_id
 LIMIT @page_limit;

-- Returns the texts of all categories, with the active products in and below each.
-- name: ListCategoryDocuments :many
SELECT c.id, c.name, c.description, parent.name AS parent_name, ce.document_hash,
       stats.products, stats.on_sale, stats.min_minor, stats.max_minor, stats.brands, stats.examples
  FROM categories c
  LEFT JOIN categories parent ON parent.id = c.parent_id
  LEFT JOIN category_embeddings ce ON ce.category_id = c.id AND ce.model_id = @model_id
 CROSS JOIN LATERAL (
       SELECT count(*)::bigint AS products, (count(*) FILTER (WHERE l.on_sale))::bigint AS on_sale,
              coalesce(min(l.buyer_minor), 0)::bigint AS min_minor, coalesce(max(l.buyer_minor), 0)::bigint AS max_minor,
              coalesce((array_agg(DISTINCT b.name ORDER BY b.name) FILTER (WHERE b.name IS NOT NULL))[1:12], '{}')::text[] AS brands,
              coalesce((array_agg(p.name ORDER BY l.popularity DESC, p.id))[1:12], '{}')::text[] AS examples
         FROM product_listings l
         JOIN products p ON p.id = l.product_id
         LEFT JOIN brands b ON b.id = p.brand_id
        WHERE l.is_visible AND l.category_id IN (SELECT category_tree(c.id))) stats
 ORDER BY c.id;

-- Stores a product's own vector and its blend with the category's vector, unless the product is
-- gone.
-- name: UpsertProductEmbedding :exec
INSERT INTO product_embeddings (model_id, product_id, category_id, document_hash, base, embedding, category_hash, embedded_at)
SELECT @model_id, p.id, p.category_id, @document_hash, @base::vector, blend(@base::vector, ce.base), ce.document_hash, @read_at
  FROM products p
  LEFT JOIN category_embeddings ce ON ce.category_id = p.category_id AND ce.model_id = @model_id
 WHERE p.id = @product_id
ON CONFLICT (model_id, product_id) DO UPDATE
   SET category_id = excluded.category_id, document_hash = excluded.document_hash, base = excluded.base, embedding = excluded.embedding,
       category_hash = excluded.category_hash, embedded_at = excluded.embedded_at;

-- name: UpsertCategoryEmbedding :exec
INSERT INTO category_embeddings (model_id, category_id, document_hash, base)
VALUES (@model_id, @category_id, @document_hash, @base::vector)
ON CONFLICT (model_id, category_id) DO UPDATE
   SET document_hash = excluded.document_hash, base = excluded.base, embedded_at = now();

-- Blends category vectors into the products whose blend is not of the category's current text.
-- name: BlendCategories :execrows
UPDATE product_embeddings e
   SET embedding = blend(e.base, ce.base), category_hash = ce.document_hash, category_id = p.category_id
  FROM products p
  JOIN category_embeddings ce ON ce.category_id = p.category_id
 WHERE p.id = e.product_id AND ce.model_id = e.model_id AND e.model_id = @model_id
   AND e.category_hash IS DISTINCT FROM ce.document_hash;

-- name: RecordEmbeddingFailure :exec
INSERT INTO embedding_failures (product_id, reason) VALUES ($1, $2)
ON CONFLICT (product_id) DO UPDATE SET attempts = embedding_failures.attempts + 1, reason = excluded.reason, failed_at = now();

-- name: ClearEmbeddingFailure :exec
DELETE FROM embedding_failures WHERE product_id = $1;

-- Returns the state of the index for one model.
-- name: GetIndexStatus :one
SELECT count(*)::bigint AS products,
       (SELECT count(*) FROM embedding_failures)::bigint AS failing,
       (SELECT count(*) FROM category_embeddings ce WHERE ce.model_id = @model_id)::bigint AS categories,
       (count(*) FILTER (WHERE e.embedded_at IS NULL OR e.embedded_at < p.updated_at))::bigint AS stale,
       (SELECT coalesce(max(x.embedded_at), 'epoch') FROM product_embeddings x WHERE x.model_id = @model_id)::timestamptz AS last_run_at
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
  LEFT JOIN product_embeddings e ON e.product_id = l.product_id AND e.model_id = @model_id
 WHERE p.deleted_at IS NULL;

-- Marks vectors as current whose document has not changed.
-- name: TouchEmbeddings :exec
UPDATE product_embeddings SET embedded_at = @read_at WHERE model_id = @model_id AND product_id = ANY (@product_ids::bigint[]);
