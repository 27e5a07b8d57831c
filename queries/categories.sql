-- Returns a page of categories by name, each with the number of visible products in it and below
-- it.
-- name: ListCategories :many
SELECT c.*,
       (SELECT count(*) FROM product_listings l
         WHERE l.is_visible AND l.category_id IN (SELECT category_tree(c.id)))::bigint AS product_count
  FROM categories c
 WHERE sqlc.narg(parent_id)::bigint IS NULL OR c.parent_id = sqlc.narg(parent_id)
 ORDER BY c.name, c.id
 LIMIT @page_limit OFFSET @page_offset;

-- name: CountCategories :one
SELECT count(*) FROM categories WHERE sqlc.narg(parent_id)::bigint IS NULL OR parent_id = sqlc.narg(parent_id);

-- name: GetCategory :one
SELECT c.*,
       (SELECT count(*) FROM product_listings l
         WHERE l.is_visible AND l.category_id IN (SELECT category_tree(c.id)))::bigint AS product_count
  FROM categories c
 WHERE c.id = $1;

-- name: CreateCategory :one
INSERT INTO categories (parent_id, name, slug, description)
VALUES (sqlc.narg(parent_id), @name, @slug, @description) RETURNING id;

-- Serialises changes of the category tree: whether a move makes a cycle depends on all other moves.
-- name: LockCategoryTree :exec
SELECT pg_advisory_xact_lock(hashtext('shopd.categories'));

-- name: LockCategory :one
SELECT * FROM categories WHERE id = $1 FOR UPDATE;

-- Reports whether a category is another one or lies below it.
-- name: IsCategoryWithin :one
SELECT EXISTS (SELECT FROM category_tree(@root_id) t WHERE t = @id::bigint)::boolean;

-- name: ReplaceCategory :exec
UPDATE categories
   SET name = @name, slug = @slug, description = @description, parent_id = sqlc.narg(parent_id),
       version = version + 1, updated_at = now()
 WHERE id = @id;

-- Removes the category from deleted products, so that it can be deleted.
-- name: ReleaseCategory :exec
UPDATE products SET category_id = NULL WHERE category_id = $1 AND deleted_at IS NOT NULL;

-- name: DeleteCategory :exec
DELETE FROM categories WHERE id = $1;

-- Returns those of the slugs that a category has or had: a slug that is made from a name takes no
-- old address away.
-- name: TakenCategorySlugs :many
SELECT slug FROM categories WHERE slug = ANY (@slugs::text[])
UNION
SELECT slug FROM former_slugs WHERE kind = 'category' AND slug = ANY (@slugs);
