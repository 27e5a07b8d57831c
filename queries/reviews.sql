-- How often each number of stars was given to a product that is offered, by the reviews that are
-- shown (reviews_rating_idx). No row: there is no such product.
-- name: CountProductReviews :one
SELECT count(*) FILTER (WHERE r.rating = 1) AS one, count(*) FILTER (WHERE r.rating = 2) AS two,
       count(*) FILTER (WHERE r.rating = 3) AS three, count(*) FILTER (WHERE r.rating = 4) AS four,
       count(*) FILTER (WHERE r.rating = 5) AS five
  FROM product_listings l
  LEFT JOIN reviews r ON r.product_id = l.product_id AND NOT r.is_hidden
 WHERE l.product_id = $1 AND l.is_visible
 GROUP BY l.product_id;

-- A page of the reviews of a product that are shown, in any order (reviews_product_idx,
-- reviews_rating_idx). To be run with a plan of its own (postgres.Planned).
-- name: ListProductReviews :many
SELECT * FROM review_details r
 WHERE r.product_id = @product_id AND NOT r.is_hidden
   AND (sqlc.narg(rating)::smallint IS NULL OR r.rating = sqlc.narg(rating))
   AND (sqlc.narg(after_id)::bigint IS NULL
        OR (@sort::text = 'newest' AND (r.created_at, r.id) < (sqlc.narg(after_time)::timestamptz, sqlc.narg(after_id)))
        OR (@sort = 'highest' AND (r.rating, r.created_at, r.id) < (sqlc.narg(after_rating)::smallint, sqlc.narg(after_time), sqlc.narg(after_id)))
        OR (@sort = 'lowest' AND (r.rating > sqlc.narg(after_rating)
            OR r.rating = sqlc.narg(after_rating) AND (r.created_at, r.id) < (sqlc.narg(after_time), sqlc.narg(after_id)))))
 ORDER BY CASE WHEN @sort = 'highest' THEN r.rating END DESC,
          CASE WHEN @sort = 'lowest' THEN r.rating END,
          r.created_at DESC, r.id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- Adds a review of a product that is offered, under the author's name of now. The author's row is
-- held, so that an account that is being deleted writes none. No row: there is no such product, or
-- no longer such an account.
-- name: CreateReview :one
WITH made AS (
INSERT INTO reviews (product_id, user_id, rating, title, body, author)
SELECT l.product_id, u.id, @rating, @title, @body,
       concat_ws(' ', btrim(u.first_name), upper(nullif(left(btrim(u.last_name), 1), '')) || '.')
  FROM product_listings l, users u
 WHERE l.product_id = @product_id AND l.is_visible AND u.id = @user_id AND u.deleted_at IS NULL
   FOR SHARE OF u
RETURNING *
)
SELECT made.*, has_bought(made.user_id, made.product_id)::boolean AS is_verified_purchase FROM made;

-- One account's review of a product (reviews_once_key).
-- name: GetMyReview :one
SELECT * FROM review_details WHERE product_id = @product_id AND user_id = @user_id;

-- name: ReplaceMyReview :one
WITH changed AS (
    UPDATE reviews SET rating = @rating, title = @title, body = @body, updated_at = now()
     WHERE product_id = @product_id AND user_id = @user_id
    RETURNING *
)
SELECT changed.*, has_bought(changed.user_id, changed.product_id)::boolean AS is_verified_purchase FROM changed;

-- name: DeleteMyReview :execrows
DELETE FROM reviews WHERE product_id = @product_id AND user_id = @user_id;

-- Takes the author's name off all reviews of an account (reviews_user_id_idx).
-- name: AnonymiseReviews :exec
UPDATE reviews SET author = @author WHERE user_id = @user_id;

-- A page of the reviews of all products, newest first (reviews_created_idx). To be run with a plan
-- of its own (postgres.Planned).
-- name: AdminListReviews :many
WITH filtered AS NOT MATERIALIZED (
    SELECT r.* FROM reviews r
     WHERE (sqlc.narg(product_id)::bigint IS NULL OR r.product_id = sqlc.narg(product_id))
       AND (sqlc.narg(rating)::smallint IS NULL OR r.rating = sqlc.narg(rating))
       AND (sqlc.narg(is_hidden)::boolean IS NULL OR r.is_hidden = sqlc.narg(is_hidden))
), page AS MATERIALIZED (
    SELECT f.id FROM filtered f
     WHERE sqlc.narg(before_id)::bigint IS NULL
        OR (f.created_at, f.id) < (sqlc.narg(before_time)::timestamptz, sqlc.narg(before_id))
     ORDER BY f.created_at DESC, f.id DESC
     LIMIT @page_limit OFFSET @page_offset
)
SELECT sqlc.embed(review_details), p.name AS product_name,
       (CASE WHEN sqlc.narg(before_id)::bigint IS NULL THEN (SELECT count(*) FROM filtered) ELSE 0 END)::bigint AS total
  FROM page
  JOIN review_details ON review_details.id = page.id
  JOIN products p ON p.id = review_details.product_id
 ORDER BY review_details.created_at DESC, review_details.id DESC;

-- Holds a review for a change. What it is by then has to be read after.
-- name: LockReview :one
SELECT id FROM reviews WHERE id = $1 FOR UPDATE;

-- One review with the name of its product.
-- name: GetReview :one
SELECT sqlc.embed(review_details), p.name AS product_name
  FROM review_details
  JOIN products p ON p.id = review_details.product_id
 WHERE review_details.id = $1;

-- name: SetReviewVisibility :exec
UPDATE reviews SET is_hidden = @is_hidden WHERE id = @id;
