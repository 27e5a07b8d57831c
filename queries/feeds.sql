-- Creates an import, which waits for the runner that its job starts.
-- name: StartImport :one
INSERT INTO imports (user_id, source, url, file, encoding, is_guessed, is_utf8, size, dry_run, images, batch_size, allow_free, attributes,
                     image_base)
VALUES (sqlc.narg(user_id), @source, sqlc.narg(url), sqlc.narg(file), sqlc.narg(encoding), @is_guessed, @is_utf8, @size, @dry_run, @images, @batch_size,
        @allow_free, @attributes::text[], sqlc.narg(image_base))
RETURNING *;

-- One import of an account, or of any account if user_id is null.
-- name: GetImport :one
SELECT * FROM imports WHERE id = @id AND (sqlc.narg(user_id)::bigint IS NULL OR user_id = sqlc.narg(user_id));

-- A page of imports, newest first (imports_user_idx). To be run with a plan of its own
-- (postgres.Planned).
-- name: ListImports :many
SELECT * FROM imports
 WHERE (sqlc.narg(user_id)::bigint IS NULL OR user_id = sqlc.narg(user_id))
   AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status))
   AND (sqlc.narg(before_id)::bigint IS NULL OR id < sqlc.narg(before_id))
 ORDER BY id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- A page of errors and warnings, in the order in which they were found.
-- name: ListImportErrors :many
SELECT * FROM import_errors
 WHERE import_id = @import_id AND id > @after_id
 ORDER BY id
 LIMIT @page_limit OFFSET @page_offset;

-- Claims an import for a runner, unless it has ended or the heartbeat of another runner is recent.
-- name: ClaimImport :one
UPDATE imports
   SET status = 'running', runner = @runner::text, alive_at = now()
 WHERE id = @id AND finished_at IS NULL AND (runner IS NULL OR runner = @runner::text OR alive_at < now() - make_interval(secs => @silent_seconds::integer))
RETURNING *;

-- Stores a heartbeat of a runner, during batches that are long.
-- name: BeatImport :execrows
UPDATE imports SET alive_at = now() WHERE id = @id AND runner = @runner::text AND finished_at IS NULL;

-- Releases the claim, so that another runner can claim the import at once.
-- name: ReleaseImport :exec
UPDATE imports SET runner = NULL WHERE id = @id AND runner = @runner::text AND finished_at IS NULL;

-- Stores which file of the storage an import reads.
-- name: StoreImportFile :execrows
UPDATE imports SET file = @file, encoding = @encoding, is_guessed = @is_guessed, is_utf8 = @is_utf8, size = @size,
       format = @format, alive_at = now()
 WHERE id = @id AND runner = @runner::text AND finished_at IS NULL;

-- Stores the results of the first reading of the file.
-- name: StoreImportScan :one
UPDATE imports SET rows_total = @rows_total, delimiter = @delimiter::text, repeated = @repeated::bigint[],
       position = @position, line = @line, row = @row, started_at = coalesce(started_at, now()), alive_at = now()
 WHERE id = @id AND runner = @runner::text AND finished_at IS NULL
RETURNING *;

-- Locks an import for a batch, if it has not ended, the runner holds it and its position is the one
-- the runner knows.
-- name: LockImport :one
SELECT id, met FROM imports
 WHERE id = @id AND runner = @runner::text AND position = @position AND finished_at IS NULL
   FOR UPDATE;

-- Moves the position behind a batch, in the transaction of the batch.
-- name: AdvanceImport :exec
UPDATE imports
   SET position = @position, line = @line, row = @row, met = met || @met::bigint[],
       created = created + @created, updated = updated + @updated, unchanged = unchanged + @unchanged,
       failed = failed + @failed, warnings = warnings + @warnings, alive_at = now()
 WHERE id = @id;

-- Stores errors and warnings, at most 1,000 of an import.
-- name: AddImportErrors :exec
INSERT INTO import_errors (import_id, row, line, column_name, message, is_warning)
SELECT @import_id, e.row, e.line, nullif(e.column_name, ''), e.message, e.is_warning
  FROM (SELECT unnest(@rows::bigint[]) AS row, unnest(@lines::bigint[]) AS line, unnest(@columns::text[]) AS column_name, unnest(@messages::text[]) AS message,
               unnest(@warnings::boolean[]) AS is_warning) e
 ORDER BY e.row
 LIMIT greatest(0, 1000 - (SELECT count(*) FROM import_errors x WHERE x.import_id = @import_id));

-- Counts warnings that no batch counts: about the file, or about images that could not be fetched.
-- name: CountImportWarnings :exec
UPDATE imports SET warnings = warnings + @warnings WHERE id = @id;

-- Ends an import, once, and returns the file to delete.
-- name: FinishImport :one
UPDATE imports i
   SET status = @status, message = sqlc.narg(message), finished_at = now(), runner = NULL, file = NULL, url = NULL
  FROM (SELECT x.id, x.file FROM imports x WHERE x.id = @id FOR UPDATE) before
 WHERE i.id = before.id AND i.finished_at IS NULL
RETURNING before.file AS old_file, (i.created + i.updated)::bigint AS changes, i.dry_run, coalesce(i.rows_total, 0)::bigint AS total,
          i.created, i.updated, i.unchanged, i.failed, i.finished_at::timestamptz AS finished_at;

-- Imports without a recent heartbeat: their server died.
-- name: ListAbandonedImports :many
SELECT id FROM imports
 WHERE finished_at IS NULL AND coalesce(alive_at, created_at) < now() - make_interval(secs => @silent_seconds::integer)
 ORDER BY id LIMIT 100;

-- Which of some files belong to no open import.
-- name: ListUnusedFeedFiles :many
SELECT f.name::text AS name FROM (SELECT unnest(@names::text[]) AS name) f
 WHERE NOT EXISTS (SELECT FROM imports i WHERE i.finished_at IS NULL AND i.file = f.name);

-- Tells the triggers that the import itself refreshes listings and search, and extends the
-- statement timeout to that of a batch. Tables that were small when they were last analysed are
-- read by their indexes: a plan that compares each of their rows with each of a batch would be used
-- until the next analysis.
-- name: BeginImportBatch :exec
SELECT set_config('shopd.refreshes_later', 'yes', true), set_config('statement_timeout', '60s', true),
       set_config('enable_seqscan', 'off', true);

-- name: RefreshSearch :exec
SELECT refresh_search(@ids::bigint[]);

-- name: RefreshListings :exec
SELECT refresh_listings(@ids::bigint[]);

-- The variants that rows of a batch may refer to.
-- name: FindFeedVariants :many
WITH found AS (
    SELECT i.variant_id AS id FROM feed_items i WHERE i.feed_id = ANY (@feed_ids::text[])
    UNION
    SELECT v.id FROM variants v WHERE v.sku = ANY (@skus::text[]) AND v.deleted_at IS NULL
    UNION
    SELECT v.id FROM variants v WHERE v.gtin = ANY (@gtins::text[]) AND v.deleted_at IS NULL
)
SELECT v.id, v.product_id, v.is_default, v.sku, v.gtin, v.options, v.price_minor, v.discount_minor, v.discount_starts_at, v.discount_ends_at,
       v.stock, v.track_inventory, i.feed_id, p.name, p.description, p.condition, p.attributes, p.is_active, p.is_featured, p.category_id,
       (p.deleted_at IS NOT NULL)::boolean AS is_deleted, b.name AS brand_name,
       ARRAY(SELECT f.url FROM feed_images f WHERE f.product_id = p.id)::text[] AS image_urls
  FROM found
  JOIN variants v ON v.id = found.id AND v.deleted_at IS NULL
  JOIN products p ON p.id = v.product_id
  LEFT JOIN brands b ON b.id = p.brand_id
  LEFT JOIN feed_items i ON i.variant_id = v.id
 ORDER BY v.id;

-- name: FindFeedGroups :many
SELECT g.group_id, g.product_id FROM feed_groups g JOIN products p ON p.id = g.product_id
 WHERE g.group_id = ANY (@group_ids::text[]) AND p.deleted_at IS NULL;

-- The options of all variants of some products.
-- name: ListFeedSiblings :many
SELECT v.id, v.product_id, v.options, v.position FROM variants v
 WHERE v.product_id = ANY (@product_ids::bigint[]) AND v.deleted_at IS NULL
 ORDER BY v.product_id, v.position, v.id;

-- The whole tree, to find categories by their paths.
-- name: ListCategoryPaths :many
SELECT id, parent_id, name FROM categories ORDER BY id;

-- name: CreateFeedCategories :many
INSERT INTO categories (parent_id, name, slug)
SELECT nullif(c.parent_id, 0), c.name, c.slug
  FROM (SELECT unnest(@parent_ids::bigint[]) AS parent_id, unnest(@names::text[]) AS name, unnest(@slugs::text[]) AS slug) c
RETURNING id, slug;

-- Which brands there are of some names, as name_key compares them.
-- name: FindFeedBrands :many
SELECT n.name::text AS name, b.id
  FROM (SELECT unnest(@names::text[]) AS name) n
  JOIN brands b ON name_key(b.name) = name_key(n.name);

-- Of names that differ only in what name_key leaves out, the first is created.
-- name: CreateFeedBrands :exec
INSERT INTO brands (name, slug)
SELECT b.name, b.slug
  FROM (SELECT unnest(@names::text[]) AS name, unnest(@slugs::text[]) AS slug, generate_subscripts(@names, 1) AS n) b
 ORDER BY name_key(b.name), b.n
ON CONFLICT (name_key(name)) DO NOTHING;

-- name: CreateFeedProducts :many
INSERT INTO products (name, slug, description, brand_id, category_id, condition, attributes, is_active, is_featured)
SELECT p.name, p.slug, p.description, nullif(p.brand_id, 0), nullif(p.category_id, 0), p.condition, p.attributes::jsonb, p.is_active, p.is_featured
  FROM (SELECT unnest(@names::text[]) AS name, unnest(@slugs::text[]) AS slug, unnest(@descriptions::text[]) AS description,
               unnest(@brand_ids::bigint[]) AS brand_id, unnest(@category_ids::bigint[]) AS category_id, unnest(@conditions::text[]) AS condition,
               unnest(@attributes::text[]) AS attributes, unnest(@actives::boolean[]) AS is_active, unnest(@featureds::boolean[]) AS is_featured) p
RETURNING id, slug;

-- Stock is what inventory.Open counts in the same transaction: its trigger finds nothing left to
-- change.
-- name: CreateFeedVariants :many
INSERT INTO variants (product_id, is_default, position, sku, gtin, options, price_minor, discount_minor, discount_starts_at, discount_ends_at,
                      track_inventory, stock)
SELECT v.product_id, v.is_default, v.position, v.sku, nullif(v.gtin, ''), v.options::jsonb, v.price, nullif(v.discount, -1),
       nullif(v.starts_at, '')::timestamptz, nullif(v.ends_at, '')::timestamptz, v.tracked, v.stock
  FROM (SELECT unnest(@product_ids::bigint[]) AS product_id, unnest(@defaults::boolean[]) AS is_default, unnest(@positions::integer[]) AS position,
               unnest(@skus::text[]) AS sku, unnest(@gtins::text[]) AS gtin, unnest(@options::text[]) AS options, unnest(@prices::bigint[]) AS price,
               unnest(@discounts::bigint[]) AS discount, unnest(@starts::text[]) AS starts_at, unnest(@ends::text[]) AS ends_at,
               unnest(@trackeds::boolean[]) AS tracked, unnest(@stocks::integer[]) AS stock) v
RETURNING id, sku;

-- Sets those fields of some products that their file has columns for.
-- name: UpdateFeedProducts :exec
UPDATE products p
   SET name = CASE WHEN @sets_name::boolean THEN u.name ELSE p.name END,
       description = CASE WHEN @sets_description::boolean THEN u.description ELSE p.description END,
       brand_id = CASE WHEN @sets_brand::boolean THEN nullif(u.brand_id, 0) ELSE p.brand_id END,
       category_id = CASE WHEN @sets_category::boolean THEN nullif(u.category_id, 0) ELSE p.category_id END,
       condition = coalesce(nullif(u.condition, ''), p.condition),
       attributes = CASE WHEN @replaces_attributes::boolean THEN u.attributes::jsonb
                         ELSE (p.attributes - ARRAY(SELECT jsonb_array_elements_text(u.removed::jsonb))) || u.attributes::jsonb END,
       is_active = CASE u.is_active WHEN 0 THEN p.is_active ELSE u.is_active > 0 END,
       is_featured = CASE u.is_featured WHEN 0 THEN p.is_featured ELSE u.is_featured > 0 END,
       version = p.version + 1, updated_at = now()
  FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@names::text[]) AS name, unnest(@descriptions::text[]) AS description,
               unnest(@brand_ids::bigint[]) AS brand_id, unnest(@category_ids::bigint[]) AS category_id, unnest(@conditions::text[]) AS condition,
               unnest(@attributes::text[]) AS attributes, unnest(@removed::text[]) AS removed,
               unnest(@actives::integer[]) AS is_active, unnest(@featureds::integer[]) AS is_featured) u
 WHERE p.id = u.id;

-- Raises the version of products whose variants changed.
-- name: TouchFeedProducts :exec
UPDATE products SET version = version + 1, updated_at = now() WHERE id = ANY (@ids::bigint[]);

-- Sets those fields of some variants that their file has columns for.
-- name: UpdateFeedVariants :exec
UPDATE variants v
   SET sku = coalesce(nullif(u.sku, ''), v.sku),
       gtin = CASE WHEN @sets_gtin::boolean THEN nullif(u.gtin, '') ELSE v.gtin END,
       options = coalesce(nullif(u.options, '')::jsonb, v.options),
       price_minor = CASE WHEN @sets_price::boolean THEN u.price ELSE v.price_minor END,
       discount_minor = CASE WHEN @sets_discount::boolean THEN nullif(u.discount, -1) ELSE v.discount_minor END,
       discount_starts_at = CASE WHEN @sets_discount THEN nullif(u.starts_at, '')::timestamptz ELSE v.discount_starts_at END,
       discount_ends_at = CASE WHEN @sets_discount THEN nullif(u.ends_at, '')::timestamptz ELSE v.discount_ends_at END,
       track_inventory = u.tracked, updated_at = now()
  FROM (SELECT unnest(@ids::bigint[]) AS id, unnest(@skus::text[]) AS sku, unnest(@gtins::text[]) AS gtin, unnest(@options::text[]) AS options,
               unnest(@prices::bigint[]) AS price, unnest(@discounts::bigint[]) AS discount, unnest(@starts::text[]) AS starts_at,
               unnest(@ends::text[]) AS ends_at, unnest(@trackeds::boolean[]) AS tracked) u
 WHERE v.id = u.id;

-- Deletes the feed ids of some variants, before they get others.
-- name: ForgetFeedItems :exec
DELETE FROM feed_items WHERE variant_id = ANY (@variant_ids::bigint[]);

-- name: CreateFeedItems :exec
INSERT INTO feed_items (feed_id, variant_id)
SELECT unnest(@feed_ids::text[]), unnest(@variant_ids::bigint[])
ON CONFLICT (feed_id) DO UPDATE SET variant_id = excluded.variant_id;

-- name: CreateFeedGroups :exec
INSERT INTO feed_groups (group_id, product_id)
SELECT unnest(@group_ids::text[]), unnest(@product_ids::bigint[])
ON CONFLICT (group_id) DO UPDATE SET product_id = excluded.product_id;

-- The addresses from which the images of a product were fetched.
-- name: ListFeedImages :many
SELECT url FROM feed_images WHERE product_id = $1;

-- name: CreateFeedImage :exec
INSERT INTO feed_images (image_id, product_id, url) VALUES ($1, $2, $3);

-- A page of variants for a file (exportProducts, getGoogleFeed), in the order of their products:
-- the products that pass the filters. To be run with a plan of its own (postgres.Planned).
-- name: ExportProducts :many
WITH page AS MATERIALIZED (
    SELECT f.product_id FROM filtered_products(
        q => sqlc.narg(q)::text, category_id => sqlc.narg(category_id)::bigint,
        category => sqlc.narg(category)::text, brand_id => sqlc.narg(brand_id)::bigint,
        brand => sqlc.narg(brand)::text, min_minor => sqlc.narg(min_minor)::bigint,
        max_minor => sqlc.narg(max_minor)::bigint, in_stock => sqlc.narg(in_stock)::boolean,
        on_sale => sqlc.narg(on_sale)::boolean, featured => sqlc.narg(featured)::boolean,
        gtin => sqlc.narg(gtin)::text, attributes => sqlc.narg(attributes)::jsonb) f
     WHERE f.product_id > @after_id::bigint
     ORDER BY f.product_id
     LIMIT @page_limit
)
SELECT p.id AS product_id, p.name, p.slug, p.description, p.condition, p.attributes, p.is_active, p.is_featured, p.category_id, b.name AS brand_name,
       v.sku, v.gtin, v.options, v.price_minor,
       v.discount_minor, v.discount_starts_at, v.discount_ends_at,
       (sale_price(v.discount_minor, v.discount_starts_at, v.discount_ends_at) IS NOT NULL)::boolean AS on_sale,
       v.stock, v.track_inventory, i.feed_id, g.group_id,
       (count(*) OVER (PARTITION BY p.id))::bigint AS siblings,
       ARRAY(SELECT (m.sizes -> -1 ->> 'path')::text FROM product_images m WHERE m.product_id = p.id ORDER BY m.is_primary DESC, m.position, m.id)::text[] AS images
  FROM page
  JOIN products p ON p.id = page.product_id
  JOIN variants v ON v.product_id = p.id AND v.deleted_at IS NULL
  LEFT JOIN brands b ON b.id = p.brand_id
  LEFT JOIN feed_items i ON i.variant_id = v.id
  LEFT JOIN feed_groups g ON g.product_id = p.id
 ORDER BY p.id, v.is_default DESC, v.position, v.id;

-- The names of attributes that products have, to find those that should not be public.
-- name: ListPublishedAttributes :many
SELECT k.name::text AS name, count(*)::bigint AS products
  FROM products p CROSS JOIN LATERAL jsonb_object_keys(p.attributes) AS k(name)
 WHERE p.deleted_at IS NULL
 GROUP BY k.name
 ORDER BY k.name
 LIMIT 10000;
