CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- One log of who did what: what happened to accounts, and every change that staff or administrators
-- make, with the state before and after it. Rows are added and never changed.
CREATE TABLE audit_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT now(),
    event       text NOT NULL CHECK (event ~ '^[a-z_]+(\.[a-z_]+)+$'),
    operation   text,            -- operationId of the request; null: no request caused it
    request_id  text,
    actor_id    bigint,          -- null: no account was logged in
    key_id      bigint,          -- the API key it was done with, or null
    address     inet,
    object_type text NOT NULL,
    object_id   text,            -- null: not known
    label       text,            -- the object's name then; never personal, as it cannot be erased
    before      jsonb,           -- null: the object did not exist
    after       jsonb,           -- null: the object is gone
    detail      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_events_at_idx ON audit_events (at, id);
CREATE INDEX audit_events_object_idx ON audit_events (object_type, object_id, at, id);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, at, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_events_key_idx ON audit_events (key_id, at, id) WHERE key_id IS NOT NULL;
CREATE INDEX audit_events_operation_idx ON audit_events (operation, at, id)
    WHERE operation IS NOT NULL;
CREATE INDEX audit_events_request_idx ON audit_events (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX audit_events_label_idx ON audit_events USING gin (label gin_trgm_ops)
    WHERE label IS NOT NULL;

-- Guards tables whose rows are added and never changed.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_events_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Not even a replication session or a session that disables triggers may change the log.
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_are_final;

-- Logs the change of one row. A transaction that works for staff names itself in the setting
-- shopd.audit, as JSON: operation, request, actor, key, address. The trigger's arguments are those of
-- audit_table below.
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
    INSERT INTO audit_events (event, operation, request_id, actor_id, key_id, address, object_type, object_id, label, before, after, detail)
    VALUES (kind || CASE WHEN TG_OP = 'INSERT' THEN '.created' WHEN TG_OP = 'DELETE' OR (after ->> 'deleted_at') IS NOT NULL THEN '.deleted'
                         WHEN (before ->> 'deleted_at') IS NOT NULL THEN '.restored' ELSE '.updated' END,
            said ->> 'operation', said ->> 'request', (said ->> 'actor')::bigint, (said ->> 'key')::bigint, (said ->> 'address')::inet,
            kind, now_is ->> TG_ARGV[1], now_is ->> TG_ARGV[2], before, after,
            (SELECT coalesce(jsonb_object_agg(key, now_is -> key), '{}') FROM unnest(TG_ARGV[5]::text[]) AS key));
    RETURN NULL;
END $$;

-- Logs the changes that staff makes to the rows of a table.
--   key       the column with the id of the object that the log names
--   label     the column with its name
--   masked    columns of which the log only says that they changed
--   left_out  columns that the log ignores
--   detail    columns that every entry holds, such as the object's owner
-- Changes by all others cost such a table one look at a setting.
CREATE FUNCTION audit_table(of regclass, object_type text, key text DEFAULT 'id', label text DEFAULT '', masked text[] DEFAULT '{}',
                            left_out text[] DEFAULT '{}', detail text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW
                    WHEN (current_setting(''shopd.audit'', true) <> '''') EXECUTE FUNCTION audit_change(%L, %L, %L, %L, %L, %L)',
                   of, object_type, key, label, masked, left_out, detail);
END $$;
