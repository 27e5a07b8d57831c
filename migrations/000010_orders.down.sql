CREATE OR REPLACE FUNCTION stock_levels_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM variants WHERE id IN (SELECT variant_id FROM changed) ORDER BY id FOR UPDATE;
    UPDATE variants v SET stock = s.quantity
      FROM (SELECT variant_id, sum(quantity)::integer AS quantity FROM stock_levels
             WHERE variant_id IN (SELECT variant_id FROM changed) GROUP BY variant_id) s
     WHERE v.id = s.variant_id AND v.stock <> s.quantity;
    RETURN NULL;
END $$;
DROP TABLE shipment_events;
DROP TABLE shipments;
DROP TABLE order_history;
DROP TABLE order_lines;
DROP TABLE orders;
DROP TABLE cart_lines;
DROP TABLE carts;
DROP TABLE idempotency_keys;
