DROP FUNCTION days_of(date, date);
DROP FUNCTION day_start(date, text);
DROP INDEX cart_lines_added_idx;
DROP INDEX payments_received_idx;
DROP TRIGGER audited ON refunds;
DROP TRIGGER audited ON payments;
DROP TRIGGER audited ON shipment_events;
DROP TRIGGER audited ON shipments;
DROP TRIGGER audited ON orders;
DROP TRIGGER audited ON stock_levels;
DROP TRIGGER audited ON stock_locations;
DROP TRIGGER audited ON search_synonyms;
DROP TRIGGER audited ON product_images;
DROP TRIGGER audited ON variants;
DROP TRIGGER audited ON products;
DROP TRIGGER audited ON categories;
DROP TRIGGER audited ON brands;
DROP FUNCTION audit_table(regclass, text, text, text, text[], text[], text[]);
DROP FUNCTION audit_change();

-- What staff changed has no place in the log as it was: it is lost with this step.
ALTER TABLE audit_events DISABLE TRIGGER audit_events_are_final;
DROP INDEX audit_events_actor_idx;
ALTER TABLE audit_events ADD COLUMN target_id bigint;
DELETE FROM audit_events WHERE object_type NOT IN ('account', 'review') OR event !~ '^[a-z]+(\.[a-z_]+)+$';
UPDATE audit_events SET target_id = object_id::bigint WHERE object_type = 'account';
UPDATE audit_events SET target_id = (detail ->> 'account')::bigint, detail = detail - 'account' || jsonb_build_object('review', object_id)
 WHERE object_type = 'review';
ALTER TABLE audit_events DROP COLUMN after, DROP COLUMN before, DROP COLUMN label, DROP COLUMN object_id, DROP COLUMN object_type,
    DROP COLUMN request_id, DROP COLUMN operation;
ALTER TABLE audit_events DROP CONSTRAINT audit_events_event_check;
ALTER TABLE audit_events ADD CONSTRAINT audit_events_event_check CHECK (event ~ '^[a-z]+(\.[a-z_]+)+$');
CREATE INDEX audit_events_target_idx ON audit_events (target_id, id);
ALTER TABLE audit_events ENABLE TRIGGER audit_events_are_final;
