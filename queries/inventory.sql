-- The location that sales take from first, and that changes are made at if the request names none.
-- name: GetFirstLocation :one
SELECT * FROM stock_locations ORDER BY position, id LIMIT 1;

-- name: GetLocationByCode :one
SELECT * FROM stock_locations WHERE code = $1;

-- name: ListLocations :many
SELECT * FROM stock_locations ORDER BY position, id;

-- name: CreateLocation :one
INSERT INTO stock_locations (code, name, position)
VALUES (@code, @name, (SELECT coalesce(max(position), -1) + 1 FROM stock_locations)) RETURNING *;

-- name: RenameLocation :one
UPDATE stock_locations SET name = @name WHERE code = @code RETURNING *;

-- Creates the levels of new variants with their initial stock and its movement. A level of 0 has no
-- movement.
-- name: OpenStock :exec
WITH levels AS (
    INSERT INTO stock_levels (variant_id, location_id, quantity)
    SELECT unnest(@variant_ids::bigint[]), @location_id, unnest(@quantities::integer[])
    RETURNING variant_id, location_id, quantity
)
INSERT INTO stock_movements (variant_id, location_id, delta, quantity, reason, actor_id)
SELECT variant_id, location_id, quantity, quantity, 'initial', sqlc.narg(actor_id)::bigint FROM levels WHERE quantity > 0 ORDER BY variant_id;

-- Creates the levels that do not exist yet, so that there is a row to lock.
-- name: EnsureStockLevels :exec
INSERT INTO stock_levels (variant_id, location_id, quantity)
SELECT m.variant_id, m.location_id, 0
  FROM (SELECT unnest(@variant_ids::bigint[]) AS variant_id, unnest(@location_ids::bigint[]) AS location_id) m
 ORDER BY m.variant_id, m.location_id
ON CONFLICT DO NOTHING;

-- All levels of some variants, locked in the order of their keys: two transactions that touch the
-- same ones wait for each other instead of deadlocking.
-- name: LockStockLevels :many
SELECT s.variant_id, s.location_id, s.quantity
  FROM stock_levels s
 WHERE s.variant_id = ANY (@variant_ids::bigint[])
 ORDER BY s.variant_id, s.location_id
   FOR UPDATE;

-- Changes levels and writes their movements. The levels are locked.
-- name: MoveStock :exec
WITH moves AS (
    SELECT unnest(@variant_ids::bigint[]) AS variant_id, unnest(@location_ids::bigint[]) AS location_id, unnest(@deltas::integer[]) AS delta
), levels AS (
    UPDATE stock_levels s SET quantity = s.quantity + m.delta, updated_at = now()
      FROM moves m
     WHERE s.variant_id = m.variant_id AND s.location_id = m.location_id
    RETURNING s.variant_id, s.location_id, m.delta, s.quantity
)
INSERT INTO stock_movements (variant_id, location_id, delta, quantity, reason, reference, actor_id)
SELECT variant_id, location_id, delta, quantity, @reason::text, @reference::text, sqlc.narg(actor_id)::bigint
  FROM levels ORDER BY variant_id, location_id;

-- Raises an alert for each variant, or changes the level of its open alert, and writes the events
-- of the variants whose stock fell: a new row has xmax 0, and a variant that was out before did not
-- fall to low.
-- name: RaiseStockAlerts :exec
WITH raised AS (
    INSERT INTO stock_alerts AS a (variant_id, level, stock)
    SELECT x.id, x.level, x.stock
      FROM (SELECT unnest(@variant_ids::bigint[]) AS id, unnest(@levels::text[]) AS level, unnest(@stocks::integer[]) AS stock) x
     ORDER BY x.id
    ON CONFLICT (variant_id) WHERE cleared_at IS NULL
    DO UPDATE SET level = excluded.level, stock = excluded.stock, raised_at = now() WHERE a.level <> excluded.level
    RETURNING a.variant_id, a.level, a.stock, a.xmax = 0 AS is_new
)
INSERT INTO events (kind, object_type, object_id, data)
SELECT 'stock.' || r.level, 'variant', r.variant_id, stock_event(r.variant_id, r.level, r.stock)
  FROM raised r
 WHERE r.is_new OR r.level = 'out'
 ORDER BY r.variant_id;

-- name: ClearStockAlerts :exec
UPDATE stock_alerts SET cleared_at = now() WHERE variant_id = ANY (@variant_ids::bigint[]) AND cleared_at IS NULL;

-- name: SetTrackInventory :exec
UPDATE variants SET track_inventory = @track_inventory, updated_at = now()
 WHERE id = @id AND track_inventory <> @track_inventory;

-- The variant that a product, a GTIN or a sku names; at most two, which is enough to distinguish
-- one from several.
-- name: FindVariants :many
SELECT v.id, v.product_id, v.is_default
  FROM variants v
  JOIN products p ON p.id = v.product_id
 WHERE v.deleted_at IS NULL AND p.deleted_at IS NULL
   AND (sqlc.narg(product_id)::bigint IS NULL OR v.product_id = sqlc.narg(product_id))
   AND (sqlc.narg(variant_id)::bigint IS NULL OR v.id = sqlc.narg(variant_id))
   AND (sqlc.narg(gtin)::text IS NULL OR v.gtin = sqlc.narg(gtin))
   AND (sqlc.narg(sku)::text IS NULL OR v.sku = sqlc.narg(sku))
 ORDER BY v.is_default DESC, v.id
 LIMIT 2;

-- A page of levels by variant and location. Run it through postgres.Planned.
-- name: ListStock :many
WITH filtered AS NOT MATERIALIZED (
    SELECT s.variant_id, s.location_id, s.quantity, s.updated_at
      FROM stock_levels s
      JOIN variants v ON v.id = s.variant_id AND v.deleted_at IS NULL
      JOIN products p ON p.id = v.product_id AND p.deleted_at IS NULL
     WHERE (sqlc.narg(product_id)::bigint IS NULL OR v.product_id = sqlc.narg(product_id))
       AND (sqlc.narg(gtin)::text IS NULL OR v.gtin = sqlc.narg(gtin))
       AND (sqlc.narg(sku)::text IS NULL OR v.sku = sqlc.narg(sku))
       AND (sqlc.narg(location)::text IS NULL OR s.location_id = (SELECT l.id FROM stock_locations l WHERE l.code = sqlc.narg(location)))
), page AS MATERIALIZED (
    SELECT f.* FROM filtered f
     WHERE sqlc.narg(after_variant)::bigint IS NULL
        OR (f.variant_id, f.location_id) > (sqlc.narg(after_variant), sqlc.narg(after_location)::bigint)
     ORDER BY f.variant_id, f.location_id
     LIMIT @page_limit OFFSET @page_offset
)
SELECT page.variant_id, page.location_id, page.quantity, page.updated_at, l.code AS location_code, l.name AS location_name,
       v.product_id, v.sku, v.gtin, v.options, v.track_inventory, v.stock AS variant_stock, p.name AS product_name,
       (CASE WHEN sqlc.narg(after_variant)::bigint IS NULL THEN (SELECT count(*) FROM filtered) ELSE 0 END)::bigint AS total
  FROM page
  JOIN stock_locations l ON l.id = page.location_id
  JOIN variants v ON v.id = page.variant_id
  JOIN products p ON p.id = v.product_id
 ORDER BY page.variant_id, page.location_id;

-- One variant with all its levels, in the order of the locations.
-- name: GetStock :many
SELECT v.id, v.product_id, v.sku, v.gtin, v.stock, v.track_inventory, s.quantity, s.updated_at,
       l.code AS location_code, l.name AS location_name
  FROM variants v
  JOIN stock_levels s ON s.variant_id = v.id
  JOIN stock_locations l ON l.id = s.location_id
 WHERE v.id = $1
 ORDER BY l.position, l.id;

-- A page of the ledger, newest first. Run it through postgres.Planned.
-- name: ListStockMovements :many
SELECT m.id, m.at, m.variant_id, m.delta, m.quantity, m.reason, m.reference, m.actor_id, l.code AS location_code,
       v.product_id, v.sku, v.gtin
  FROM stock_movements m
  JOIN stock_locations l ON l.id = m.location_id
  JOIN variants v ON v.id = m.variant_id
 WHERE (sqlc.narg(product_id)::bigint IS NULL OR m.variant_id IN (SELECT x.id FROM variants x WHERE x.product_id = sqlc.narg(product_id)))
   AND (sqlc.narg(variant_id)::bigint IS NULL OR m.variant_id = sqlc.narg(variant_id))
   AND (sqlc.narg(gtin)::text IS NULL OR m.variant_id IN (SELECT x.id FROM variants x WHERE x.gtin = sqlc.narg(gtin)))
   AND (sqlc.narg(location)::text IS NULL OR l.code = sqlc.narg(location))
   AND (sqlc.narg(reason)::text IS NULL OR m.reason = sqlc.narg(reason))
   AND (sqlc.narg(reference)::text IS NULL OR (m.reference = sqlc.narg(reference) AND m.reference <> ''))
   AND (sqlc.narg(from_time)::timestamptz IS NULL OR m.at >= sqlc.narg(from_time))
   AND (sqlc.narg(to_time)::timestamptz IS NULL OR m.at < sqlc.narg(to_time))
   AND (sqlc.narg(before_id)::bigint IS NULL OR m.id < sqlc.narg(before_id))
 ORDER BY m.id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- How many variants there are at each level of stock, by the thresholds.
-- name: CountStockHealth :one
SELECT count(*) FILTER (WHERE v.stock = 0)::bigint AS out,
       count(*) FILTER (WHERE v.stock BETWEEN 1 AND @critical::integer)::bigint AS critical,
       count(*) FILTER (WHERE v.stock > @critical AND v.stock <= @low::integer)::bigint AS low,
       count(*) FILTER (WHERE v.stock > @low AND v.stock <= @medium::integer)::bigint AS medium,
       count(*) FILTER (WHERE v.stock > @medium)::bigint AS high,
       (SELECT count(*) FROM stock_alerts a WHERE a.cleared_at IS NULL)::bigint AS alerts
  FROM variants v
  JOIN product_listings l ON l.product_id = v.product_id
 WHERE v.deleted_at IS NULL AND v.track_inventory AND l.is_visible;

-- A page of variants with a stock between least and most, the emptiest first, with the units sold
-- since a time and their open alert (stock_movements_sales_idx). Run it through postgres.Planned.
-- name: GetStockHealth :many
WITH page AS MATERIALIZED (
    SELECT v.id, v.product_id, v.sku, v.gtin, v.options, v.stock
      FROM variants v
      JOIN product_listings l ON l.product_id = v.product_id
     WHERE v.deleted_at IS NULL AND v.track_inventory AND l.is_visible
       AND v.stock BETWEEN @least::integer AND @most::integer
     ORDER BY v.stock, v.id
     LIMIT @page_limit OFFSET @page_offset
)
SELECT page.id, page.product_id, page.sku, page.gtin, page.options, page.stock, p.name AS product_name,
       greatest(coalesce((SELECT -sum(m.delta) FROM stock_movements m
                  WHERE m.variant_id = page.id AND m.at >= @since AND m.reason IN ('sale', 'release')), 0), 0)::bigint AS sold,
       a.level AS alert_level, a.raised_at AS alert_raised_at
  FROM page
  JOIN products p ON p.id = page.product_id
  LEFT JOIN stock_alerts a ON a.variant_id = page.id AND a.cleared_at IS NULL
 ORDER BY page.stock, page.id;

-- Takes units of some variants for an order: all of them, or none if there are not enough, from the
-- first locations that have any, by position. One statement locks the levels in the order of their
-- keys, writes the movements, and raises alerts with their events, so that only the commit comes
-- after it. The new level is computed from the locked row: the update itself sees the level as it
-- was when the statement began, and constraints are checked against that before the row is read
-- again.
-- name: TakeStock :one
WITH asked AS (
    SELECT unnest(@variant_ids::bigint[]) AS variant_id, unnest(@quantities::integer[]) AS units
), levels AS MATERIALIZED (
    SELECT s.variant_id, s.location_id, s.quantity
      FROM stock_levels s
     WHERE s.variant_id = ANY (@variant_ids::bigint[])
     ORDER BY s.variant_id, s.location_id
       FOR UPDATE
), takes AS (
    SELECT l.variant_id, l.location_id, l.quantity AS there, a.units AS asked,
           least(l.quantity, greatest(0, a.units - coalesce(sum(l.quantity) OVER (
               PARTITION BY l.variant_id ORDER BY o.position, o.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))::integer AS units
      FROM levels l
      JOIN asked a ON a.variant_id = l.variant_id
      JOIN stock_locations o ON o.id = l.location_id
), totals AS (
    SELECT variant_id, asked, (sum(there) - asked)::integer AS remaining, sum(there)::integer AS there
      FROM takes GROUP BY variant_id, asked
), enough AS (
    SELECT count(*) FILTER (WHERE remaining >= 0) = cardinality(@variant_ids::bigint[]) AS yes FROM totals
), taken AS (
    UPDATE stock_levels s SET quantity = t.there - t.units, updated_at = now()
      FROM takes t, enough
     WHERE enough.yes AND t.units > 0 AND s.variant_id = t.variant_id AND s.location_id = t.location_id
    RETURNING s.variant_id, s.location_id, t.units, s.quantity
), moved AS (
    INSERT INTO stock_movements (variant_id, location_id, delta, quantity, reason, reference, actor_id)
    SELECT variant_id, location_id, -units, quantity, 'sale', @reference::text, sqlc.narg(actor_id)::bigint
      FROM taken ORDER BY variant_id, location_id
), raised AS (
    INSERT INTO stock_alerts AS a (variant_id, level, stock)
    SELECT t.variant_id, CASE WHEN t.remaining = 0 THEN 'out' ELSE 'low' END, t.remaining
      FROM totals t, enough
     WHERE enough.yes AND t.remaining <= @low::integer AND (t.there > @low OR t.remaining = 0)
     ORDER BY t.variant_id
    ON CONFLICT (variant_id) WHERE cleared_at IS NULL
    DO UPDATE SET level = excluded.level, stock = excluded.stock, raised_at = now() WHERE a.level <> excluded.level
    RETURNING a.variant_id, a.level, a.stock
), event AS (
    INSERT INTO events (kind, object_type, object_id, data)
    SELECT 'stock.' || r.level, 'variant', r.variant_id, stock_event(r.variant_id, r.level, r.stock) FROM raised r ORDER BY r.variant_id
)
SELECT yes::boolean AS taken, (yes AND EXISTS (SELECT FROM totals WHERE remaining = 0))::boolean AS emptied FROM enough;

-- Returns the units that some orders hold to the locations they were taken from. What an order
-- released before, it no longer holds.
-- name: ReleaseStock :exec
WITH held AS (
    SELECT m.reference, m.variant_id, m.location_id, -sum(m.delta)::integer AS units
      FROM stock_movements m
     WHERE m.reference = ANY (@references_::text[]) AND m.reason IN ('sale', 'release')
     GROUP BY m.reference, m.variant_id, m.location_id
    HAVING sum(m.delta) < 0
), levels AS MATERIALIZED (
    SELECT s.variant_id, s.location_id, s.quantity
      FROM stock_levels s
     WHERE s.variant_id IN (SELECT h.variant_id FROM held h)
     ORDER BY s.variant_id, s.location_id
       FOR UPDATE
), returns AS (
    SELECT l.variant_id, l.location_id, l.quantity, coalesce(sum(h.units), 0)::integer AS units
      FROM levels l
      LEFT JOIN held h ON h.variant_id = l.variant_id AND h.location_id = l.location_id
     GROUP BY l.variant_id, l.location_id, l.quantity
), filled AS (
    UPDATE stock_levels s SET quantity = s.quantity + r.units, updated_at = now()
      FROM returns r
     WHERE r.units > 0 AND s.variant_id = r.variant_id AND s.location_id = r.location_id
), moved AS (
    INSERT INTO stock_movements (variant_id, location_id, delta, quantity, reason, reference, actor_id)
    SELECT h.variant_id, h.location_id, h.units,
           l.quantity + sum(h.units) OVER (PARTITION BY h.variant_id, h.location_id ORDER BY h.reference), 'release', h.reference, sqlc.narg(actor_id)::bigint
      FROM held h
      JOIN levels l ON l.variant_id = h.variant_id AND l.location_id = h.location_id
     ORDER BY h.variant_id, h.location_id, h.reference
)
UPDATE stock_alerts a
   SET level = CASE WHEN t.stock > @low::integer THEN a.level ELSE 'low' END, stock = t.stock,
       cleared_at = CASE WHEN t.stock > @low THEN now() END
  FROM (SELECT variant_id, sum(quantity + units)::integer AS stock FROM returns GROUP BY variant_id) t
 WHERE a.variant_id = t.variant_id AND a.cleared_at IS NULL AND t.stock > 0 AND (t.stock > @low OR a.level <> 'low');
