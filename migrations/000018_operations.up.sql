-- One log of who did what: what happened to accounts, and every change that staff or administrators make, with what was
-- there before and is there after. Rows are added and never changed, not even by a replica's replay or the table's owner
-- by mistake: nothing removes them.
ALTER TABLE audit_events DISABLE TRIGGER audit_events_are_final;
ALTER TABLE audit_events DROP CONSTRAINT audit_events_event_check;
ALTER TABLE audit_events ADD CONSTRAINT audit_events_event_check CHECK (event ~ '^[a-z_]+(\.[a-z_]+)+$');
ALTER TABLE audit_events ADD COLUMN operation text;       -- operationId of the request; null: none, or before it was kept
ALTER TABLE audit_events ADD COLUMN request_id text;
ALTER TABLE audit_events ADD COLUMN object_type text;
ALTER TABLE audit_events ADD COLUMN object_id text;       -- null: none is known
ALTER TABLE audit_events ADD COLUMN label text;           -- the object's name then. Never what is personal: that could not be forgotten
ALTER TABLE audit_events ADD COLUMN before jsonb;         -- null: it was not there
ALTER TABLE audit_events ADD COLUMN after jsonb;          -- null: it is gone
UPDATE audit_events SET object_type = 'account', object_id = target_id::text WHERE event NOT LIKE 'review.%';
UPDATE audit_events SET object_type = 'review', object_id = detail ->> 'review',
       before = jsonb_build_object('is_hidden', event = 'review.shown'), after = jsonb_build_object('is_hidden', event = 'review.hidden'),
       detail = detail - 'review' || jsonb_build_object('account', target_id::text) WHERE event LIKE 'review.%';
ALTER TABLE audit_events ALTER COLUMN object_type SET NOT NULL;
ALTER TABLE audit_events DROP COLUMN target_id;
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_are_final;
CREATE INDEX audit_events_object_idx ON audit_events (object_type, object_id, at, id);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, at, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_events_operation_idx ON audit_events (operation, at, id) WHERE operation IS NOT NULL;
CREATE INDEX audit_events_request_idx ON audit_events (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX audit_events_label_idx ON audit_events USING gin (label gin_trgm_ops) WHERE label IS NOT NULL;

-- Writes down a change of one row. A transaction in which staff works says so in the setting shopd.audit, as JSON: operation,
-- request, actor, address. Its triggers' arguments are those of audit_table below.
CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind     text   := TG_ARGV[0];
    masked   text[] := TG_ARGV[3];
    left_out text[] := TG_ARGV[4]::text[] || '{version,updated_at}';
    said     jsonb  := current_setting('shopd.audit')::jsonb;
    was      jsonb  := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    becomes  jsonb  := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    now_is   jsonb  := coalesce(becomes, was);
    before   jsonb;
    after    jsonb;
BEGIN
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (masked) AND old_value <> 'null' THEN '"[masked]"' ELSE old_value END) FILTER (WHERE was IS NOT NULL),
           jsonb_object_agg(key, CASE WHEN key = ANY (masked) AND new_value <> 'null' THEN '"[masked]"' ELSE new_value END) FILTER (WHERE becomes IS NOT NULL)
      INTO before, after
      FROM (SELECT key, was -> key AS old_value, becomes -> key AS new_value FROM jsonb_object_keys(now_is) AS key) x
     WHERE key <> ALL (left_out)
       AND CASE WHEN TG_OP = 'UPDATE' THEN old_value IS DISTINCT FROM new_value ELSE coalesce(new_value, old_value) <> 'null' END;
    IF TG_OP = 'UPDATE' AND after IS NULL THEN
        RETURN NULL; -- nothing that counts
    END IF;
    INSERT INTO audit_events (event, operation, request_id, actor_id, address, object_type, object_id, label, before, after, detail)
    VALUES (kind || CASE WHEN TG_OP = 'INSERT' THEN '.created' WHEN TG_OP = 'DELETE' OR (after ->> 'deleted_at') IS NOT NULL THEN '.deleted'
                         WHEN (before ->> 'deleted_at') IS NOT NULL THEN '.restored' ELSE '.updated' END,
            said ->> 'operation', said ->> 'request', (said ->> 'actor')::bigint, (said ->> 'address')::inet,
            kind, now_is ->> TG_ARGV[1], now_is ->> TG_ARGV[2], before, after,
            (SELECT coalesce(jsonb_object_agg(key, now_is -> key), '{}') FROM unnest(TG_ARGV[5]::text[]) AS key));
    RETURN NULL;
END $$;

-- Has the changes that staff makes of a table's rows written down. key: the column that tells which object it is; label:
-- the one with its name; masked: columns of which only is told that they changed; left_out: columns that do not count;
-- detail: columns that are always told, such as what the row belongs to. All others cost such a table no more than a
-- look at a setting.
CREATE FUNCTION audit_table(of regclass, object_type text, key text DEFAULT 'id', label text DEFAULT '', masked text[] DEFAULT '{}',
                            left_out text[] DEFAULT '{}', detail text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW
                    WHEN (current_setting(''shopd.audit'', true) <> '''') EXECUTE FUNCTION audit_change(%L, %L, %L, %L, %L, %L)',
                   of, object_type, key, label, masked, left_out, detail);
END $$;
SELECT audit_table('brands', 'brand', label => 'name');
SELECT audit_table('categories', 'category', label => 'name');
SELECT audit_table('products', 'product', label => 'name');
SELECT audit_table('variants', 'variant', label => 'sku', left_out => '{stock}', detail => '{product_id}');
SELECT audit_table('product_images', 'image', label => 'alt', detail => '{product_id}');
SELECT audit_table('search_synonyms', 'synonyms', label => 'terms');
SELECT audit_table('stock_locations', 'location', label => 'name');
SELECT audit_table('stock_levels', 'stock', key => 'variant_id', detail => '{location_id}');
SELECT audit_table('orders', 'order', label => 'number', masked => '{shipping_address,billing_address,note}');
SELECT audit_table('shipments', 'shipment', key => 'order_id', label => 'tracking_number');
SELECT audit_table('shipment_events', 'shipment_event', key => 'order_id');
SELECT audit_table('payments', 'payment', masked => '{attempt_key,request_key}', left_out => '{asked_at,checked_at,attempted_at}', detail => '{order_id}');
SELECT audit_table('refunds', 'refund', masked => '{key,request_key}', left_out => '{checked_at}', detail => '{payment_id}');

-- What the dashboard reads: money by the time it came, and what lies in carts by the time it was put there.
CREATE INDEX payments_received_idx ON payments (settled_at) INCLUDE (order_id, user_id, amount_minor, refunded_minor)
    WHERE status IN ('paid', 'refunded') AND NOT is_surplus;
CREATE INDEX cart_lines_added_idx ON cart_lines (added_at) INCLUDE (cart_id);

-- When a day begins in a time zone, and the days from one until before another: as many as there are, whatever their hours.
CREATE FUNCTION day_start(day date, zone text) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT day::timestamp AT TIME ZONE zone
$$;
CREATE FUNCTION days_of(first date, until date) RETURNS SETOF date LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT first + n FROM generate_series(0, until - first - 1) AS n
$$;
