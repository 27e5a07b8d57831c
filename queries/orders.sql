-- The lines of an account's cart in the order they were added, with current prices and stock.
-- name: ListCheckoutCart :many
SELECT l.variant_id, v.product_id, l.quantity, v.sku, v.options, coalesce(sale_price(v.discount_minor, v.discount_starts_at, v.discount_ends_at), v.price_minor)::bigint AS unit_minor,
       v.stock, v.track_inventory, p.name,
       (v.deleted_at IS NULL AND p.deleted_at IS NULL AND p.is_active)::boolean AS is_sold
  FROM cart_lines l
  JOIN variants v ON v.id = l.variant_id
  JOIN products p ON p.id = v.product_id
 WHERE l.cart_id = $1
 ORDER BY l.added_at, l.variant_id;

-- The variants that items of a request name by product and, where not 0, variant; by the position
-- of the item. An item has two rows if its product has several variants, and none if it does not
-- exist.
-- name: ListCheckoutItems :many
SELECT i.position::integer AS position, v.id AS variant_id, v.product_id, v.sku, v.options,
       coalesce(sale_price(v.discount_minor, v.discount_starts_at, v.discount_ends_at), v.price_minor)::bigint AS unit_minor, v.stock, v.track_inventory, v.name, v.is_active
  FROM (SELECT unnest(@positions::integer[]) AS position, unnest(@product_ids::bigint[]) AS product_id, unnest(@variant_ids::bigint[]) AS variant_id) i
 CROSS JOIN LATERAL (
       SELECT v.*, p.name, p.is_active
         FROM variants v
         JOIN products p ON p.id = v.product_id AND p.deleted_at IS NULL
        WHERE v.product_id = i.product_id AND v.deleted_at IS NULL AND (i.variant_id = 0 OR v.id = i.variant_id)
        ORDER BY v.is_default DESC, v.id
        LIMIT 2) v
 ORDER BY i.position;

-- How many unpaid orders an account has (orders_user_idx), the addresses it chose or has as
-- defaults, as JSON, and whether the payment method it chose is its own.
-- name: GetCheckout :one
SELECT (SELECT count(*) FROM orders o WHERE o.user_id = @user_id AND o.status = 'PENDING') AS unpaid,
       (SELECT to_jsonb(a) FROM addresses a
         WHERE a.user_id = @user_id AND CASE WHEN sqlc.narg(shipping_id)::bigint IS NULL THEN a.is_default_shipping ELSE a.id = sqlc.narg(shipping_id) END) AS shipping,
       (SELECT to_jsonb(a) FROM addresses a
         WHERE a.user_id = @user_id AND CASE WHEN sqlc.narg(billing_id)::bigint IS NULL THEN a.is_default_billing ELSE a.id = sqlc.narg(billing_id) END) AS billing,
       (sqlc.narg(payment_method_id)::bigint IS NULL OR EXISTS (
           SELECT FROM payment_methods m WHERE m.id = sqlc.narg(payment_method_id) AND m.user_id = @user_id AND m.removed_at IS NULL))::boolean AS can_pay;

-- The payment method an order was placed with.
-- name: GetOrderPaymentMethod :one
SELECT payment_method_id FROM orders WHERE id = $1 AND user_id = $2;

-- The products in an account's cart, as they are before a checkout locks it.
-- name: ListCartProducts :many
SELECT DISTINCT v.product_id
  FROM carts c
  JOIN cart_lines l ON l.cart_id = c.id
  JOIN variants v ON v.id = l.variant_id
 WHERE c.user_id = $1;

-- The products that an order is of.
-- name: ListOrderProducts :many
SELECT DISTINCT product_id FROM order_lines WHERE order_id = $1;

-- Creates an order with its lines, the first entry of its history and its event, and removes what
-- was ordered from the cart.
-- name: CreateOrder :one
WITH placed AS (
    INSERT INTO orders (number, user_id, status, total_minor, shipping_address, billing_address, note, payment_method_id, expires_at)
    VALUES (@number, @user_id, 'PENDING', @total_minor, sqlc.narg(shipping_address)::jsonb, sqlc.narg(billing_address)::jsonb, sqlc.narg(note)::text,
            sqlc.narg(payment_method_id)::bigint, now() + make_interval(secs => @window_seconds::integer))
    RETURNING *
), lines AS (
    INSERT INTO order_lines (order_id, position, product_id, variant_id, name, sku, options, quantity, unit_minor, total_minor, is_tracked)
    SELECT placed.id, l.position, l.product_id, l.variant_id, l.name, l.sku, l.options::jsonb, l.quantity, l.unit_minor, l.unit_minor * l.quantity, l.is_tracked
      FROM placed, (SELECT unnest(@positions::integer[]) AS position, unnest(@product_ids::bigint[]) AS product_id,
                           unnest(@variant_ids::bigint[]) AS variant_id, unnest(@names::text[]) AS name, unnest(@skus::text[]) AS sku,
                           unnest(@options::text[]) AS options, unnest(@quantities::integer[]) AS quantity,
                           unnest(@unit_minors::bigint[]) AS unit_minor, unnest(@tracked::boolean[]) AS is_tracked) l
), history AS (
    INSERT INTO order_history (order_id, to_status, actor_id) SELECT placed.id, placed.status, placed.user_id FROM placed RETURNING at
), emptied AS (
    DELETE FROM cart_lines WHERE cart_id = @cart_id AND variant_id = ANY (@cart_variants::bigint[])
), touched AS (
    UPDATE carts SET version = version + 1, updated_at = now() WHERE id = @cart_id AND cardinality(@cart_variants::bigint[]) > 0
), event AS (
    INSERT INTO events (kind, object_type, object_id, data)
    SELECT 'order.created', 'order', placed.id,
           @event::jsonb || jsonb_build_object('id', placed.id, 'created_at', placed.created_at, 'updated_at', placed.updated_at, 'customer',
               (SELECT jsonb_build_object('id', u.id, 'email', u.email, 'first_name', u.first_name, 'last_name', u.last_name)
                  FROM users u WHERE u.id = placed.user_id))
      FROM placed
)
SELECT placed.id, placed.version, placed.created_at, placed.updated_at, placed.expires_at, history.at FROM placed, history;

-- An order, locked for a change; only one of this account unless user_id is null.
-- name: LockOrder :one
SELECT * FROM orders WHERE id = @id AND (sqlc.narg(user_id)::bigint IS NULL OR user_id = sqlc.narg(user_id)) FOR NO KEY UPDATE;

-- Gives a locked order another status (setOrderStatus, cancelOrder and payments), and writes its
-- history and event.
-- name: SetOrderStatus :exec
WITH moved AS (
    UPDATE orders o SET status = @to_status, version = o.version + 1, updated_at = now() WHERE o.id = @id RETURNING o.id, o.updated_at
), event AS (
    INSERT INTO events (kind, object_type, object_id, data)
    SELECT @event_kind::text, 'order', moved.id, @event::jsonb || jsonb_build_object('updated_at', moved.updated_at) FROM moved
)
INSERT INTO order_history (order_id, from_status, to_status, actor_id, note)
SELECT moved.id, @from_status::text, @to_status, sqlc.narg(actor_id)::bigint, @note::text FROM moved;

-- Some orders that were not paid in time and that no other transaction has locked
-- (orders_unpaid_idx). An order with a pending payment waits for its outcome.
-- name: LockExpiredOrders :many
SELECT id FROM orders o
 WHERE status = 'PENDING' AND expires_at <= now()
   AND NOT EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.status = 'pending')
 ORDER BY expires_at
 LIMIT @batch
   FOR NO KEY UPDATE OF o SKIP LOCKED;

-- Cancels locked orders that were not paid in time, and writes their history and events. A payment
-- that began just before the lock was taken is seen here, and its order is left alone.
-- name: ExpireOrders :many
WITH moved AS (
    UPDATE orders o SET status = 'CANCELLED', version = o.version + 1, updated_at = now()
     WHERE o.id = ANY (@ids::bigint[]) AND NOT EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.status = 'pending')
    RETURNING o.id, o.updated_at
), event AS (
    INSERT INTO events (kind, object_type, object_id, data)
    SELECT 'order.cancelled', 'order', moved.id, e.data::jsonb || jsonb_build_object('updated_at', moved.updated_at)
      FROM moved
      JOIN (SELECT unnest(@ids::bigint[]) AS id, unnest(@events::text[]) AS data) e ON e.id = moved.id
     ORDER BY moved.id
)
INSERT INTO order_history (order_id, from_status, to_status, note)
SELECT moved.id, 'PENDING', 'CANCELLED', @note::text FROM moved ORDER BY moved.id
RETURNING order_id;

-- Adds an entry to the history of a locked order without changing its status.
-- name: NoteOrder :exec
WITH touched AS (
    UPDATE orders o SET version = o.version + 1, updated_at = now() WHERE o.id = @id RETURNING o.id, o.status
)
INSERT INTO order_history (order_id, from_status, to_status, actor_id, note)
SELECT touched.id, touched.status, touched.status, sqlc.narg(actor_id)::bigint, @note::text FROM touched;

-- Raises the version of a locked order when something else that it shows changed, such as a
-- payment.
-- name: TouchOrder :exec
UPDATE orders SET version = version + 1, updated_at = now() WHERE id = $1;

-- One order with all there is to show: lines, history, shipment and payments as JSON, so that one
-- statement fetches it all. Only one of this account unless user_id is null.
-- name: GetOrder :one
SELECT sqlc.embed(o), u.email, u.first_name, u.last_name,
       (SELECT json_agg(json_build_object('product_id', l.product_id, 'variant_id', l.variant_id, 'name', l.name, 'sku', l.sku,
                                          'options', l.options, 'quantity', l.quantity, 'unit_minor', l.unit_minor,
                                          'total_minor', l.total_minor) ORDER BY l.position)
          FROM order_lines l WHERE l.order_id = o.id)::json AS lines,
       (SELECT json_agg(json_build_object('from', h.from_status, 'to', h.to_status, 'at', h.at, 'actor_id', h.actor_id, 'note', h.note) ORDER BY h.id)
          FROM order_history h WHERE h.order_id = o.id)::json AS history,
       coalesce((SELECT json_build_object('status', s.status, 'carrier', s.carrier, 'tracking_number', s.tracking_number,
                                 'tracking_url', s.tracking_url, 'created_at', s.created_at, 'updated_at', s.updated_at,
                                 'events', (SELECT coalesce(json_agg(json_build_object('at', e.at, 'status', e.status, 'location', e.location,
                                                                                       'description', e.description) ORDER BY e.at, e.id), '[]')
                                              FROM shipment_events e WHERE e.order_id = s.order_id))
          FROM shipments s WHERE s.order_id = o.id), 'null')::json AS shipment,
       (SELECT coalesce(json_agg(d.details ORDER BY d.id), '[]') FROM payment_details d WHERE d.order_id = o.id)::json AS payments
  FROM orders o
  JOIN users u ON u.id = o.user_id
 WHERE o.id = @id AND (sqlc.narg(user_id)::bigint IS NULL OR o.user_id = sqlc.narg(user_id));

-- A page of an account's orders, newest first (orders_user_idx). Run it through postgres.Planned.
-- name: ListOrders :many
SELECT o.id, o.number, o.status, o.total_minor, o.expires_at, o.created_at, o.updated_at, l.lines, l.units
  FROM orders o
 CROSS JOIN LATERAL (SELECT count(*) AS lines, coalesce(sum(l.quantity), 0)::bigint AS units FROM order_lines l WHERE l.order_id = o.id) l
 WHERE o.user_id = @user_id
   AND (sqlc.narg(status)::text IS NULL OR o.status = sqlc.narg(status))
   AND (sqlc.narg(before_id)::bigint IS NULL OR o.id < sqlc.narg(before_id))
 ORDER BY o.id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- How many orders an account has, of a status if given.
-- name: CountOrders :one
SELECT count(*) FROM orders WHERE user_id = @user_id AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status));

-- A page of all orders, newest first. Run it through postgres.Planned.
-- name: AdminListOrders :many
SELECT o.id, o.number, o.status, o.total_minor, o.expires_at, o.created_at, o.updated_at, l.lines, l.units,
       o.user_id, u.email, u.first_name, u.last_name
  FROM orders o
  JOIN users u ON u.id = o.user_id
 CROSS JOIN LATERAL (SELECT count(*) AS lines, coalesce(sum(l.quantity), 0)::bigint AS units FROM order_lines l WHERE l.order_id = o.id) l
 WHERE (sqlc.narg(number)::text IS NULL OR o.number = sqlc.narg(number))
   AND (sqlc.narg(mail)::text IS NULL OR o.user_id IN (SELECT m.id FROM users m WHERE strpos(lower(m.email), lower(sqlc.narg(mail))) > 0))
   AND (sqlc.narg(status)::text IS NULL OR o.status = sqlc.narg(status))
   AND (sqlc.narg(from_time)::timestamptz IS NULL OR o.created_at >= sqlc.narg(from_time))
   AND (sqlc.narg(to_time)::timestamptz IS NULL OR o.created_at < sqlc.narg(to_time))
   AND (sqlc.narg(before_id)::bigint IS NULL OR o.id < sqlc.narg(before_id))
 ORDER BY o.id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- Stores the shipment of an order, and raises the order's version.
-- name: SetShipment :exec
WITH changed AS (
    UPDATE orders o SET version = o.version + 1, updated_at = now() WHERE o.id = @order_id RETURNING o.id
)
INSERT INTO shipments (order_id, status, carrier, tracking_number, tracking_url)
SELECT changed.id, @status::text, @carrier::text, @tracking_number::text, sqlc.narg(tracking_url)::text FROM changed
ON CONFLICT (order_id) DO UPDATE
   SET status = excluded.status, carrier = excluded.carrier, tracking_number = excluded.tracking_number,
       tracking_url = excluded.tracking_url, updated_at = now();

-- name: GetShipmentStatus :one
SELECT status FROM shipments WHERE order_id = $1;

-- name: AddShipmentEvent :exec
INSERT INTO shipment_events (order_id, at, status, location, description)
VALUES (@order_id, coalesce(sqlc.narg(at)::timestamptz, now()), @status, sqlc.narg(location), @description);
