-- Answers to requests that carried an Idempotency-Key, kept for a day to be given again. A row without an answer is
-- under way: whoever made it has until leased_until to finish.
CREATE TABLE idempotency_keys (
    user_id      bigint NOT NULL,
    operation    text NOT NULL,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint  bytea NOT NULL CHECK (length(fingerprint) = 32),   -- of the request: another one may not use the key
    status       integer,
    body         bytea,
    attempt      bigint NOT NULL DEFAULT 1,                          -- counts the leases; only the last may answer
    leased_until timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, operation, key),
    CHECK ((status IS NULL) = (body IS NULL)),
    CHECK (status IS NOT NULL OR leased_until IS NOT NULL)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

-- A cart belongs to an account, which has one, or to whoever holds its token, of which only the hash is kept.
-- Whoever changes a cart locks its row first.
CREATE TABLE carts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint CONSTRAINT carts_user_key UNIQUE REFERENCES users ON DELETE CASCADE,
    token_hash bytea CONSTRAINT carts_token_key UNIQUE CHECK (length(token_hash) = 32),
    version    bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((user_id IS NULL) <> (token_hash IS NULL))
);
CREATE INDEX carts_guests_idx ON carts (updated_at) WHERE user_id IS NULL;

CREATE TABLE cart_lines (
    cart_id     bigint NOT NULL REFERENCES carts ON DELETE CASCADE,
    variant_id  bigint NOT NULL REFERENCES variants ON DELETE CASCADE,
    quantity    integer NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    price_minor bigint NOT NULL,           -- of one unit, when the line was last changed
    added_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cart_id, variant_id)
);
CREATE INDEX cart_lines_variant_idx ON cart_lines (variant_id);

CREATE TABLE orders (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number           text NOT NULL CONSTRAINT orders_number_key UNIQUE,
    user_id          bigint NOT NULL REFERENCES users,
    status           text NOT NULL CHECK (status IN ('PENDING', 'PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED')),
    total_minor      bigint NOT NULL CHECK (total_minor >= 0),
    shipping_address jsonb,                -- as it was then
    billing_address  jsonb,
    note             text,
    version          bigint NOT NULL DEFAULT 1,
    expires_at       timestamptz NOT NULL, -- cancelled when unpaid by then
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_user_idx ON orders (user_id, id);
CREATE INDEX orders_status_idx ON orders (status, id);
CREATE INDEX orders_created_idx ON orders (created_at, id);
CREATE INDEX orders_unpaid_idx ON orders (expires_at) WHERE status = 'PENDING';

-- What was bought, as it was then: later changes of a product change no order.
CREATE TABLE order_lines (
    order_id    bigint NOT NULL REFERENCES orders,
    position    integer NOT NULL,
    product_id  bigint NOT NULL,
    variant_id  bigint NOT NULL REFERENCES variants,
    name        text NOT NULL,
    sku         text NOT NULL,
    options     jsonb NOT NULL,
    quantity    integer NOT NULL CHECK (quantity > 0),
    unit_minor  bigint NOT NULL CHECK (unit_minor >= 0),
    total_minor bigint NOT NULL CHECK (total_minor = unit_minor * quantity),
    is_tracked  boolean NOT NULL,          -- it took units from stock
    PRIMARY KEY (order_id, position),
    CONSTRAINT order_lines_variant_key UNIQUE (order_id, variant_id)
);
CREATE INDEX order_lines_product_idx ON order_lines (product_id, order_id);
CREATE INDEX order_lines_variant_idx ON order_lines (variant_id);

-- Every status an order had, from the first. Rows are added and never changed.
CREATE TABLE order_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    bigint NOT NULL REFERENCES orders,
    from_status text,                      -- null: it was placed
    to_status   text NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id    bigint,                    -- null: the system
    note        text NOT NULL DEFAULT ''
);
CREATE INDEX order_history_order_idx ON order_history (order_id, id);
CREATE TRIGGER order_history_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON order_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE shipments (
    order_id        bigint PRIMARY KEY REFERENCES orders,
    status          text NOT NULL CHECK (status IN ('preparing', 'in_transit', 'out_for_delivery', 'delivered', 'failed', 'returned')),
    carrier         text NOT NULL,
    tracking_number text NOT NULL,
    tracking_url    text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shipment_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    bigint NOT NULL REFERENCES shipments,
    at          timestamptz NOT NULL DEFAULT now(),
    status      text NOT NULL,
    location    text,
    description text NOT NULL DEFAULT ''
);
CREATE INDEX shipment_events_order_idx ON shipment_events (order_id, at, id);

-- Lines of carts and orders refer to variants: a lock that lets them do so while stock changes keeps two checkouts of
-- the same thing from waiting for each other in a circle.
CREATE OR REPLACE FUNCTION stock_levels_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM variants WHERE id IN (SELECT variant_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
    UPDATE variants v SET stock = s.quantity
      FROM (SELECT variant_id, sum(quantity)::integer AS quantity FROM stock_levels
             WHERE variant_id IN (SELECT variant_id FROM changed) GROUP BY variant_id) s
     WHERE v.id = s.variant_id AND v.stock <> s.quantity;
    RETURN NULL;
END $$;
