-- Finds levels that are not the sum of their movements.
-- name: FindUnbalancedLevels :many
SELECT format('variant %s at location %s has %s units, and its movements add up to %s', l.variant_id, l.location_id, l.quantity, coalesce(m.sum, 0))::text AS finding
  FROM stock_levels l
  LEFT JOIN (SELECT variant_id, location_id, sum(delta) AS sum FROM stock_movements GROUP BY variant_id, location_id) m
    ON m.variant_id = l.variant_id AND m.location_id = l.location_id
 WHERE l.quantity <> coalesce(m.sum, 0)
 ORDER BY l.variant_id, l.location_id
 LIMIT @most;

-- Finds movements of levels that do not exist.
-- name: FindStrayMovements :many
SELECT format('movements of variant %s at location %s, which has no level, add up to %s', m.variant_id, m.location_id, sum(m.delta))::text AS finding
  FROM stock_movements m
 WHERE NOT EXISTS (SELECT FROM stock_levels l WHERE l.variant_id = m.variant_id AND l.location_id = m.location_id)
 GROUP BY m.variant_id, m.location_id
HAVING sum(m.delta) <> 0
 ORDER BY m.variant_id, m.location_id
 LIMIT @most;

-- Finds variants whose stock is not the sum of their levels.
-- name: FindWrongVariantStocks :many
SELECT format('variant %s has a stock of %s, and its levels add up to %s', v.id, v.stock, coalesce(l.sum, 0))::text AS finding
  FROM variants v
  LEFT JOIN (SELECT variant_id, sum(quantity) AS sum FROM stock_levels GROUP BY variant_id) l ON l.variant_id = v.id
 WHERE v.stock <> coalesce(l.sum, 0)
 ORDER BY v.id
 LIMIT @most;

-- Finds products that lists show with another stock than their variants have.
-- name: FindWrongListingStocks :many
SELECT format('product %s is listed with a stock of %s, and its variants have %s', p.product_id, p.stock, coalesce(v.sum, 0))::text AS finding
  FROM product_listings p
  LEFT JOIN (SELECT product_id, sum(stock) AS sum FROM variants WHERE deleted_at IS NULL GROUP BY product_id) v ON v.product_id = p.product_id
 WHERE p.stock <> coalesce(v.sum, 0)
 ORDER BY p.product_id
 LIMIT @most;

-- Finds orders without lines, or whose total is not the sum of their lines.
-- name: FindWrongOrderTotals :many
SELECT format('order %s has a total of %s, and its %s lines add up to %s', o.id, o.total_minor, coalesce(l.count, 0), coalesce(l.sum, 0))::text AS finding
  FROM orders o
  LEFT JOIN (SELECT order_id, count(*) AS count, sum(total_minor) AS sum FROM order_lines GROUP BY order_id) l ON l.order_id = o.id
 WHERE o.total_minor IS DISTINCT FROM l.sum
 ORDER BY o.id
 LIMIT @most;

-- Finds orders that hold other units than those of their lines, or any units after a cancellation.
-- name: FindWrongHoldings :many
SELECT format('order %s (%s) should hold %s units of variant %s, and holds %s', coalesce(l.order_id, m.order_id), coalesce(l.status, 'absent'),
              coalesce(l.units, 0), coalesce(l.variant_id, m.variant_id), coalesce(m.units, 0))::text AS finding
  FROM (SELECT x.order_id, x.variant_id, o.status,
               CASE WHEN o.status = 'CANCELLED' OR NOT x.is_tracked THEN 0 ELSE x.quantity END AS units
          FROM order_lines x JOIN orders o ON o.id = x.order_id) l
  FULL JOIN (SELECT substr(s.reference, 7)::bigint AS order_id, s.variant_id, -sum(s.delta) AS units
               FROM stock_movements s
              WHERE s.reason IN ('sale', 'release') AND s.reference ~ '^order:[0-9]{1,18}$'
              GROUP BY 1, 2) m ON m.order_id = l.order_id AND m.variant_id = l.variant_id
 WHERE coalesce(l.units, 0) <> coalesce(m.units, 0)
 ORDER BY 1
 LIMIT @most;

-- Finds orders whose history, notes left out, takes a step that does not exist, or ends at another
-- status than theirs.
-- name: FindWrongHistories :many
SELECT format('order %s (%s): %s', h.id, h.status, h.path)::text AS finding
  FROM (SELECT o.id, o.status, string_agg(coalesce(s.from_status, '') || '>' || s.to_status, ' ' ORDER BY s.id) AS path,
               (array_agg(s.to_status ORDER BY s.id DESC))[1] AS final,
               bool_and(CASE WHEN s.before IS NULL THEN s.from_status IS NULL AND s.to_status = 'PENDING'
                             ELSE s.from_status = s.before AND (s.from_status = s.to_status OR s.from_status || '>' || s.to_status = ANY (@steps::text[])) END) AS is_way
          FROM orders o
          LEFT JOIN (SELECT *, lag(to_status) OVER (PARTITION BY order_id ORDER BY id) AS before FROM order_history) s ON s.order_id = o.id
         GROUP BY o.id, o.status) h
 WHERE h.final IS DISTINCT FROM h.status OR h.is_way IS NOT TRUE
 ORDER BY h.id
 LIMIT @most;

-- Counts the rows of each kind.
-- name: CountBooks :one
SELECT (SELECT count(*) FROM stock_levels) AS levels, (SELECT count(*) FROM stock_movements) AS movements,
       (SELECT count(*) FROM variants) AS variants, (SELECT count(*) FROM product_listings) AS listings, (SELECT count(*) FROM orders) AS orders,
       (SELECT count(*) FROM payments) AS payments, clock_timestamp()::timestamptz AS at;

-- Finds orders that are paid with another amount than their total, paid twice, or paid though their
-- status says they are not.
-- name: FindWrongOrderPayments :many
SELECT format('order %s (%s) has a total of %s, and %s payments made of %s', o.id, o.status, o.total_minor, coalesce(p.made, 0), coalesce(p.paid, 0))::text AS finding
  FROM orders o
  LEFT JOIN (SELECT order_id, count(*) AS made, sum(amount_minor) AS paid, sum(amount_minor - refunded_minor) AS kept
               FROM payments WHERE status IN ('paid', 'refunded') AND NOT is_surplus GROUP BY order_id) p ON p.order_id = o.id
 WHERE CASE o.status WHEN 'PENDING' THEN coalesce(p.made, 0) <> 0
                     WHEN 'CANCELLED' THEN coalesce(p.made, 0) > 1
                     ELSE coalesce(p.paid, 0) <> o.total_minor OR coalesce(p.made, 0) > 1 END
 ORDER BY o.id
 LIMIT @most;

-- Finds payments whose refunded amount is not the sum of their refunds, payments that are marked as
-- refunded and are not, and surplus payments that no refund returns.
-- name: FindWrongRefunds :many
SELECT format('payment %s (%s) of %s has %s given back, its refunds add up to %s (%s pending)', p.id, p.status, p.amount_minor, p.refunded_minor,
              coalesce(r.sum, 0), coalesce(r.pending, 0))::text AS finding
  FROM payments p
  LEFT JOIN (SELECT payment_id, sum(amount_minor) FILTER (WHERE status <> 'failed') AS sum, count(*) FILTER (WHERE status = 'pending') AS pending,
                    count(*) FILTER (WHERE status = 'failed') AS failed
               FROM refunds GROUP BY payment_id) r ON r.payment_id = p.id
 WHERE p.refunded_minor <> coalesce(r.sum, 0)
    OR (p.status = 'refunded') <> (p.refunded_minor = p.amount_minor AND coalesce(r.pending, 0) = 0)
    OR p.is_surplus AND p.status = 'paid' AND p.refunded_minor < p.amount_minor AND coalesce(r.failed, 0) = 0
 ORDER BY p.id
 LIMIT @most;

-- Returns payments of the test provider, to compare them with its ledger.
-- name: ListTestPayments :many
SELECT attempt_key, coalesce(provider_payment_id, '')::text AS provider_payment_id, amount_minor, currency, status FROM payments WHERE provider = 'test' ORDER BY id;

-- Returns refunds of the test provider's payments, to compare them with its ledger.
-- name: ListTestRefunds :many
SELECT r.key, r.amount_minor, r.status FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.provider = 'test' ORDER BY r.id;
