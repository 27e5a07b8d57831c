-- Returns what came in each day, and for how many orders: payments by the time they were made, less
-- refunds (payments_received_idx). Days are those of a time zone; a day without sales is zero.
-- name: ListDailyRevenue :many
SELECT d.day::date AS day, least(coalesce(r.minor, 0), 9223372036854775807)::bigint AS minor, coalesce(r.orders, 0)::bigint AS orders
  FROM days_of(@from_day::date, @until_day::date) AS d(day)
  LEFT JOIN (SELECT (p.settled_at AT TIME ZONE @time_zone::text)::date AS day, sum(p.amount_minor - p.refunded_minor) AS minor, count(*) AS orders
               FROM payments p
              WHERE p.status IN ('paid', 'refunded') AND NOT p.is_surplus
                AND p.settled_at >= day_start(@from_day::date, @time_zone::text)
                AND p.settled_at < day_start(@until_day::date, @time_zone::text)
              GROUP BY 1) r ON r.day = d.day
 ORDER BY d.day;

-- Returns the orders placed each day (orders_created_idx).
-- name: ListDailyOrders :many
SELECT d.day::date AS day, coalesce(r.orders, 0)::bigint AS orders
  FROM days_of(@from_day::date, @until_day::date) AS d(day)
  LEFT JOIN (SELECT (o.created_at AT TIME ZONE @time_zone::text)::date AS day, count(*) AS orders
               FROM orders o
              WHERE o.created_at >= day_start(@from_day::date, @time_zone::text)
                AND o.created_at < day_start(@until_day::date, @time_zone::text)
              GROUP BY 1) r ON r.day = d.day
 ORDER BY d.day;

-- Returns the customers who registered each day, whatever became of them (users_created_idx).
-- name: ListDailyCustomers :many
SELECT d.day::date AS day, coalesce(r.customers, 0)::bigint AS customers
  FROM days_of(@from_day::date, @until_day::date) AS d(day)
  LEFT JOIN (SELECT (u.created_at AT TIME ZONE @time_zone::text)::date AS day, count(*) AS customers
               FROM users u
              WHERE u.role = 'customer'
                AND u.created_at >= day_start(@from_day::date, @time_zone::text)
                AND u.created_at < day_start(@until_day::date, @time_zone::text)
              GROUP BY 1) r ON r.day = d.day
 ORDER BY d.day;

-- Counts the orders placed in a range of days, by their current status (orders_created_idx).
-- name: CountOrdersByStatus :many
SELECT s.status::text AS status, count(o.id)::bigint AS orders
  FROM unnest(ARRAY['PENDING', 'PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED']) WITH ORDINALITY AS s(status, position)
  LEFT JOIN orders o ON o.status = s.status
       AND o.created_at >= day_start(@from_day::date, @time_zone::text)
       AND o.created_at < day_start(@until_day::date, @time_zone::text)
 GROUP BY s.status, s.position
 ORDER BY s.position;

-- Counts the shoppers of a range of days, and those who paid: accounts that ordered, and carts that
-- hold something added then (orders_created_idx, cart_lines_added_idx).
-- name: CountConversion :one
WITH ordered AS MATERIALIZED (
    SELECT o.user_id, bool_or(o.status IN ('PAID', 'SHIPPED', 'DELIVERED')) AS paid
      FROM orders o
     WHERE o.created_at >= day_start(@from_day::date, @time_zone::text)
       AND o.created_at < day_start(@until_day::date, @time_zone::text)
     GROUP BY o.user_id
), held AS (
    SELECT DISTINCT l.cart_id
      FROM cart_lines l
     WHERE l.added_at >= day_start(@from_day::date, @time_zone::text)
       AND l.added_at < day_start(@until_day::date, @time_zone::text)
)
SELECT ((SELECT count(*) FROM ordered)
        + (SELECT count(*) FROM held h JOIN carts c ON c.id = h.cart_id LEFT JOIN ordered o ON o.user_id = c.user_id WHERE o.user_id IS NULL))::bigint AS shoppers,
       (SELECT count(*) FROM ordered WHERE paid)::bigint AS buyers;

-- Returns what sold best of what was paid in a range of days: products first, then the categories
-- they are in now, each best first; id 0 stands for products without a category
-- (payments_received_idx, then the lines of each order by its key).
-- name: ListBestSellers :many
WITH sold AS MATERIALIZED (
    SELECT l.product_id, least(sum(l.quantity), 9223372036854775807)::bigint AS quantity, least(sum(l.total_minor), 9223372036854775807)::bigint AS minor
      FROM payments y
      JOIN order_lines l ON l.order_id = y.order_id
     WHERE y.status IN ('paid', 'refunded') AND NOT y.is_surplus AND y.refunded_minor < y.amount_minor
       AND y.settled_at >= day_start(@from_day::date, @time_zone::text)
       AND y.settled_at < day_start(@until_day::date, @time_zone::text)
     GROUP BY l.product_id
), best_products AS (
    SELECT product_id, quantity, minor FROM sold ORDER BY minor DESC, product_id LIMIT @most
), best_categories AS (
    SELECT p.category_id, least(sum(s.quantity), 9223372036854775807)::bigint AS quantity, least(sum(s.minor), 9223372036854775807)::bigint AS minor
      FROM sold s JOIN products p ON p.id = s.product_id
     GROUP BY p.category_id ORDER BY sum(s.minor) DESC, p.category_id LIMIT @most
)
SELECT false AS is_category, b.product_id AS id, p.name, b.quantity, b.minor FROM best_products b JOIN products p ON p.id = b.product_id
UNION ALL
SELECT true, coalesce(b.category_id, 0), coalesce(c.name, ''), b.quantity, b.minor FROM best_categories b LEFT JOIN categories c ON c.id = b.category_id
 ORDER BY is_category, minor DESC, id;

-- Returns the customers who paid most in a range of days, less refunds (payments_received_idx).
-- name: ListTopCustomers :many
SELECT s.user_id, u.email, u.first_name, u.last_name, s.orders::bigint AS orders, least(s.minor, 9223372036854775807)::bigint AS minor
  FROM (SELECT p.user_id, count(*) AS orders, sum(p.amount_minor - p.refunded_minor) AS minor
          FROM payments p
         WHERE p.status IN ('paid', 'refunded') AND NOT p.is_surplus AND p.refunded_minor < p.amount_minor
           AND p.settled_at >= day_start(@from_day::date, @time_zone::text)
           AND p.settled_at < day_start(@until_day::date, @time_zone::text)
         GROUP BY p.user_id
         ORDER BY 3 DESC, 1
         LIMIT @most) s
  JOIN users u ON u.id = s.user_id
 ORDER BY s.minor DESC, s.user_id;

-- Returns visible variants with little stock, the least first.
-- name: ListLowStock :many
SELECT v.id, v.product_id, p.name AS product_name, v.sku, v.stock
  FROM variants v
  JOIN product_listings l ON l.product_id = v.product_id AND l.is_visible
  JOIN products p ON p.id = v.product_id
 WHERE v.deleted_at IS NULL AND v.track_inventory AND v.stock <= @low::integer
 ORDER BY v.stock, v.id
 LIMIT @most;

-- Returns the value of the stock at current prices; the greatest bigint if it is more.
-- name: SumStockValue :one
SELECT coalesce(sum(v.stock), 0)::bigint AS units, 
       least(coalesce(sum(v.stock::numeric * coalesce(sale_price(v.discount_minor, v.discount_starts_at, v.discount_ends_at), v.price_minor)), 0),
             9223372036854775807)::bigint AS minor
  FROM variants v
  JOIN products p ON p.id = v.product_id AND p.deleted_at IS NULL
 WHERE v.deleted_at IS NULL AND v.track_inventory AND v.stock > 0;

-- Counts the rows of each kind for the statistics.
-- name: GetStats :one
SELECT (SELECT count(*) FROM product_listings WHERE is_visible)::bigint AS active_products,
       (SELECT count(*) FROM products WHERE deleted_at IS NULL)::bigint AS products,
       (SELECT count(*) FROM variants WHERE deleted_at IS NULL)::bigint AS variants,
       (SELECT count(*) FROM categories)::bigint AS categories,
       (SELECT count(*) FROM brands)::bigint AS brands,
       (SELECT count(*) FROM product_images)::bigint AS images,
       (SELECT count(*) FROM product_embeddings)::bigint AS vectors,
       (SELECT count(*) FROM reviews)::bigint AS reviews,
       (SELECT count(*) FROM orders)::bigint AS orders,
       (SELECT count(*) FROM users WHERE deleted_at IS NULL)::bigint AS users;

-- Returns sizes and versions of the database.
-- name: GetDatabaseFacts :one
SELECT pg_database_size(current_database())::bigint AS bytes, current_setting('server_version')::text AS version,
       coalesce((SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'vector'), '')::text AS vector_version;

-- Returns the largest tables, with their indexes and out-of-line storage. Rows are the planner's
-- estimate.
-- name: ListTableSizes :many
SELECT c.relname::text AS name, greatest(c.reltuples, 0)::bigint AS rows, pg_total_relation_size(c.oid)::bigint AS bytes
  FROM pg_catalog.pg_class c
 WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
 ORDER BY 3 DESC, 1
 LIMIT 100;

-- Counts jobs by state (river_job_prioritized_fetching_index).
-- name: CountJobs :many
SELECT state::text AS state, count(*)::bigint AS jobs FROM river_job GROUP BY state;

-- Returns a page of jobs, the newest first.
-- name: ListJobs :many
SELECT id, state::text AS state, kind, queue, priority, attempt, max_attempts, args, errors::text[] AS errors, metadata, created_at, scheduled_at, attempted_at, finalized_at
  FROM river_job
 WHERE (sqlc.narg(id)::bigint IS NULL OR id = sqlc.narg(id))
   AND (sqlc.narg(state)::text IS NULL OR state = sqlc.narg(state)::river_job_state)
   AND (sqlc.narg(kind)::text IS NULL OR kind = sqlc.narg(kind))
   AND (sqlc.narg(queue)::text IS NULL OR queue = sqlc.narg(queue))
   AND (sqlc.narg(before_id)::bigint IS NULL OR id < sqlc.narg(before_id))
 ORDER BY id DESC
 LIMIT @page_limit;

-- Returns when jobs of each kind were last inserted and last worked (river_job_kind); 1970 is
-- never.
-- name: ListPeriodicJobs :many
SELECT kind, max(scheduled_at)::timestamptz AS scheduled_at, coalesce(max(attempted_at), 'epoch')::timestamptz AS attempted_at
  FROM river_job WHERE kind = ANY (@kinds::text[]) GROUP BY kind;

-- Locks a job until the transaction ends and returns its state.
-- name: LockJob :one
SELECT state::text AS state, kind FROM river_job WHERE id = $1 FOR UPDATE;
