-- Makes sure the vector space has a row.
-- name: AddEmbeddingModel :one
INSERT INTO embedding_models (name) VALUES ($1)
ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING id;

-- Takes or renews the right to index for a minute: one run at a time, and a crashed one blocks nobody for long.
-- run names the run, so that only its holder renews it.
-- name: LeaseIndex :execrows
UPDATE embedding_models SET run = @run, run_until = now() + interval '60 seconds'
 WHERE id = @model_id AND (run = @run OR run_until IS NULL OR run_until < now());

-- name: ReleaseIndex :exec
UPDATE embedding_models SET run = NULL, run_until = NULL WHERE id = @model_id AND run = @run;

-- What a product's document is written from, for products after an id (inactive ones too, so that one is found by
-- meaning the moment it is published), with the hash its vector was
-- made from (null without one). Numbers that change with every sale stay out of documents; bands go in.
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

-- What category documents are written from: every category with the active products in it and below it.
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

-- Stores a product's own vector with its blend, unless the product is gone. The category's vector joins in here,
-- so an edit never loses the blend.
-- name: UpsertProductEmbedding :exec
INSERT INTO product_embeddings (model_id, product_id, document_hash, base, embedding, category_hash, embedded_at)
SELECT @model_id, p.id, @document_hash, @base::vector, blend(@base::vector, ce.base), ce.document_hash, @read_at
  FROM products p
  LEFT JOIN category_embeddings ce ON ce.category_id = p.category_id AND ce.model_id = @model_id
 WHERE p.id = @product_id
ON CONFLICT (model_id, product_id) DO UPDATE
   SET document_hash = excluded.document_hash, base = excluded.base, embedding = excluded.embedding,
       category_hash = excluded.category_hash, embedded_at = excluded.embedded_at;

-- name: UpsertCategoryEmbedding :exec
INSERT INTO category_embeddings (model_id, category_id, document_hash, base)
VALUES (@model_id, @category_id, @document_hash, @base::vector)
ON CONFLICT (model_id, category_id) DO UPDATE
   SET document_hash = excluded.document_hash, base = excluded.base, embedded_at = now();

-- Blends category vectors into the products whose blend is not of the category's current text.
-- name: BlendCategories :execrows
UPDATE product_embeddings e
   SET embedding = blend(e.base, ce.base), category_hash = ce.document_hash
  FROM products p
  JOIN category_embeddings ce ON ce.category_id = p.category_id
 WHERE p.id = e.product_id AND ce.model_id = e.model_id AND e.model_id = @model_id
   AND e.category_hash IS DISTINCT FROM ce.document_hash;

-- name: RecordEmbeddingFailure :exec
INSERT INTO embedding_failures (product_id, reason) VALUES ($1, $2)
ON CONFLICT (product_id) DO UPDATE SET attempts = embedding_failures.attempts + 1, reason = excluded.reason, failed_at = now();

-- name: ClearEmbeddingFailure :exec
DELETE FROM embedding_failures WHERE product_id = $1;

-- The active products in stock nearest to a question by cosine, best first, under the question's own conditions.
-- A sort takes the first products in that order instead of the nearest; ranks come after the threshold, so that
-- an index on the vectors can serve the candidates. To be run with a plan of its own (postgres.Planned).
-- name: NearestProducts :many
WITH filtered AS NOT MATERIALIZED (
    SELECT f.* FROM filtered_products(NULL, NULL, NULL, NULL, NULL,
        sqlc.narg(min_minor)::bigint, sqlc.narg(max_minor)::bigint, true, sqlc.narg(on_sale)::boolean, NULL, NULL, NULL) f
     WHERE (cardinality(@category_ids::bigint[]) = 0
            OR f.category_id IN (SELECT category_tree(x) FROM unnest(@category_ids::bigint[]) x))
       AND (cardinality(@brand_ids::bigint[]) = 0 OR f.brand_id = ANY (@brand_ids::bigint[]))
       AND (cardinality(@product_ids::bigint[]) = 0 OR f.product_id = ANY (@product_ids::bigint[]))
), candidates AS MATERIALIZED (
    SELECT e.product_id, (e.embedding <=> @query_vector::halfvec) AS distance
      FROM product_embeddings e
      JOIN filtered f ON f.product_id = e.product_id
     WHERE e.model_id = @model_id
     ORDER BY CASE WHEN @sort::text = 'cheapest' THEN f.buyer_minor END,
              CASE WHEN @sort = 'dearest' THEN f.buyer_minor END DESC,
              CASE WHEN @sort = 'discount' THEN f.buyer_minor::float8 / greatest(f.price_minor, 1) END,
              CASE WHEN @sort = 'newest' THEN f.created_at END DESC,
              e.embedding <=> @query_vector::halfvec
     LIMIT @candidates
)
SELECT sqlc.embed(product_cards), p.description, p.attributes, (1 - k.distance)::float8 AS score
  FROM candidates k
  JOIN product_cards ON product_cards.product_id = k.product_id
  JOIN products p ON p.id = k.product_id
 WHERE 1 - k.distance >= @threshold::float8
 ORDER BY k.distance, k.product_id;

-- The names a question may use for brands.
-- name: ListBrandNames :many
SELECT id, name FROM brands ORDER BY id;

-- The names a question may use for categories.
-- name: ListCategoryNames :many
SELECT id, name FROM categories ORDER BY id;

-- The state of the index for one model, in one pass.
-- name: CountEmbeddings :one
SELECT count(*)::bigint AS products,
       (SELECT count(*) FROM embedding_failures)::bigint AS failing,
       (SELECT count(*) FROM category_embeddings ce WHERE ce.model_id = @model_id)::bigint AS categories,
       (count(*) FILTER (WHERE e.embedded_at IS NULL OR e.embedded_at < p.updated_at))::bigint AS stale,
       (SELECT coalesce(max(x.embedded_at), 'epoch') FROM product_embeddings x WHERE x.model_id = @model_id)::timestamptz AS last_run_at
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
  LEFT JOIN product_embeddings e ON e.product_id = l.product_id AND e.model_id = @model_id
 WHERE p.deleted_at IS NULL;

-- Marks vectors as current whose document turned out unchanged.
-- name: TouchEmbeddings :exec
UPDATE product_embeddings SET embedded_at = @read_at WHERE model_id = @model_id AND product_id = ANY (@product_ids::bigint[]);
