-- What happened in the shop, written in the transaction in which it happened. After the commit,
-- events that were not delivered yet become webhook deliveries and mails. Events of one object are
-- written under the object's lock, so their ids are in the order of their commits.
CREATE TABLE events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind ~ '^[a-z]+\.[a-z_]+$'),
    object_type text NOT NULL,
    object_id   bigint NOT NULL,
    data        jsonb NOT NULL,                        -- the object as it was then
    at          timestamptz NOT NULL DEFAULT now(),
    told_at     timestamptz                            -- when its deliveries and mails were made
);
CREATE INDEX events_untold_idx ON events (id) WHERE told_at IS NULL;
CREATE INDEX events_at_idx ON events USING brin (at) WITH (autosummarize = on);

-- Returns the data of an event about a variant that runs out of stock.
CREATE FUNCTION stock_event(of_variant bigint, is_level text, units integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('variant_id', v.id, 'product_id', v.product_id, 'sku', v.sku, 'gtin', v.gtin, 'options', v.options,
                              'product_name', p.name, 'level', is_level, 'stock', units)
      FROM variants v JOIN products p ON p.id = v.product_id WHERE v.id = of_variant
$$;

CREATE TABLE webhooks (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url              text NOT NULL,
    description      text NOT NULL DEFAULT '',
    events           text[] NOT NULL CHECK (cardinality(events) > 0),   -- kinds, or * for all
    is_active        boolean NOT NULL DEFAULT true,
    disabled_reason  text CHECK (disabled_reason IN ('gone', 'failing')), -- null: active, or paused by staff
    disabled_at      timestamptz,
    failing_since    timestamptz,                      -- the first failure since the last success
    secret           bytea NOT NULL,                   -- sealed with a key of the server
    old_secret       bytea,                            -- sealed; signs next to the new one for a while
    old_secret_until timestamptz,
    version          bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CHECK (NOT is_active OR disabled_reason IS NULL)
);
SELECT audit_table('webhooks', 'webhook', label => 'url', masked => '{secret,old_secret}',
                   left_out => '{failing_since}');

-- One event on its way to one webhook.
CREATE TABLE webhook_deliveries (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id      bigint NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    event_id        bigint NOT NULL REFERENCES events ON DELETE CASCADE,
    object_type     text NOT NULL,                     -- the event's: deliveries of one object are
    object_id       bigint NOT NULL,                   -- in order
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts        integer NOT NULL DEFAULT 0,        -- since it was (re)scheduled
    next_attempt_at timestamptz DEFAULT now(),
    leased_until    timestamptz,                       -- a worker is sending it; afterwards it is taken for dead
    attempted_at    timestamptz,
    delivered_at    timestamptz,
    response_status integer,
    response_body   text,
    error           text,
    duration_ms     integer,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhook_deliveries_event_key UNIQUE (webhook_id, event_id),
    CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL))
);
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (webhook_id, next_attempt_at)
    WHERE status = 'pending';
CREATE INDEX webhook_deliveries_object_idx ON webhook_deliveries
    (webhook_id, object_type, object_id, event_id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_leased_idx ON webhook_deliveries (webhook_id)
    WHERE leased_until IS NOT NULL;
CREATE INDEX webhook_deliveries_webhook_idx ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_of_event_idx ON webhook_deliveries (event_id);
