-- Returns the orders of a run's customers, by the prefix of their addresses, with the units of
-- their lines.
-- name: ListProvedOrders :many
SELECT o.id, o.number, o.status, o.total_minor, coalesce(o.note, '')::text AS note,
       (SELECT coalesce(sum(l.quantity), 0) FROM order_lines l WHERE l.order_id = o.id)::bigint AS units
  FROM users u
  JOIN orders o ON o.user_id = u.id
 WHERE starts_with(u.email, @prefix::text)
 ORDER BY o.id;

-- Returns how many of each of some products were sold and not cancelled, and how many are left.
-- name: ListProvedProducts :many
SELECT p.id, p.name,
       coalesce((SELECT sum(l.quantity) FROM order_lines l JOIN orders o ON o.id = l.order_id
                  WHERE l.product_id = p.id AND o.status <> 'CANCELLED'), 0)::bigint AS sold,
       coalesce((SELECT sum(s.quantity) FROM stock_levels s JOIN variants v ON v.id = s.variant_id
                  WHERE v.product_id = p.id), 0)::bigint AS remaining
  FROM products p
 WHERE p.id = ANY (@ids::bigint[])
 ORDER BY p.id;

-- Counts the payments of a run's customers that have no outcome yet.
-- name: CountProvedPendingPayments :one
SELECT count(*) FROM payments p JOIN users u ON u.id = p.user_id WHERE starts_with(u.email, @prefix::text) AND p.status = 'pending';
