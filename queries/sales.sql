-- Lets one process count sales at a time, and gives it two minutes.
-- name: LockSalesCount :exec
SELECT set_config('statement_timeout', '120s', true), pg_advisory_xact_lock(hashtext('shopd.sales'));

-- name: DeleteProductPairs :exec
DELETE FROM product_pairs;

-- Computes ties between products from the orders of a year. A customer counts once a day for a
-- product, so that one who buys in bulk counts once. Orders of more than 20 products say little
-- about any two of them and are left out. A tie is the cosine of the buyers of both, shrunk for
-- small numbers (n / (n + 5)), so that neither best-sellers nor single orders fill every list.
-- name: CountProductPairs :execrows
WITH bought AS MATERIALIZED (
    SELECT DISTINCT l.product_id, o.user_id, o.created_at::date AS day
      FROM orders o
      JOIN order_lines l ON l.order_id = o.id
     WHERE o.status IN ('PAID', 'SHIPPED', 'DELIVERED') AND o.created_at > now() - interval '1 year'
       AND (SELECT count(*) FROM order_lines n WHERE n.order_id = o.id) <= 20
), buyers AS (
    SELECT product_id, count(*)::float8 AS n FROM bought GROUP BY product_id
), pairs AS (
    SELECT a.product_id, b.product_id AS other_id, count(*)::integer AS n
      FROM bought a
      JOIN bought b ON b.user_id = a.user_id AND b.day = a.day AND b.product_id <> a.product_id
     GROUP BY a.product_id, b.product_id
    HAVING count(*) >= 2
), ranked AS (
    SELECT p.product_id, p.other_id, p.n, (p.n / sqrt(x.n * y.n) * p.n / (p.n + 5.0))::real AS score,
           row_number() OVER (PARTITION BY p.product_id ORDER BY p.n / sqrt(x.n * y.n) * p.n / (p.n + 5.0) DESC, p.other_id) AS place
      FROM pairs p
      JOIN buyers x ON x.product_id = p.product_id
      JOIN buyers y ON y.product_id = p.other_id
)
INSERT INTO product_pairs (product_id, other_id, buyers, score)
SELECT product_id, other_id, n, score FROM ranked WHERE place <= 50;

-- Sets the popularity of products: their customers of 90 days, each counted once a day.
-- name: CountPopularity :execrows
UPDATE product_listings l SET popularity = s.buyers
  FROM (SELECT l.product_id, count(DISTINCT (o.user_id, o.created_at::date)) FILTER (WHERE o.id IS NOT NULL) AS buyers
          FROM product_listings l
          LEFT JOIN order_lines n ON n.product_id = l.product_id
          LEFT JOIN orders o ON o.id = n.order_id AND o.status IN ('PAID', 'SHIPPED', 'DELIVERED') AND o.created_at > now() - interval '90 days'
         GROUP BY l.product_id) s
 WHERE l.product_id = s.product_id AND l.popularity <> s.buyers;
