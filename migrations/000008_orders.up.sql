-- A cart belongs to an account, which has one, or to the holder of its token. Only the hash of the
-- token is stored. A transaction that changes a cart locks its row first.
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
-- For the dashboard: the carts that something was added to in a range of days.
CREATE INDEX cart_lines_added_idx ON cart_lines (added_at) INCLUDE (cart_id);

CREATE TABLE orders (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number            text NOT NULL CONSTRAINT orders_number_key UNIQUE,
    user_id           bigint NOT NULL REFERENCES users,
    status            text NOT NULL CHECK (status IN ('PENDING', 'PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED')),
    total_minor       bigint NOT NULL CHECK (total_minor >= 0),
    shipping_address  jsonb,                -- as it was then
    billing_address   jsonb,
    payment_method_id bigint,               -- chosen at checkout; no reference, as it may be removed
    note              text,
    version           bigint NOT NULL DEFAULT 1,
    expires_at        timestamptz NOT NULL, -- an order that is unpaid by then is cancelled
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_user_idx ON orders (user_id, id);
CREATE INDEX orders_status_idx ON orders (status, id);
CREATE INDEX orders_created_idx ON orders (created_at, id);
CREATE INDEX orders_unpaid_idx ON orders (expires_at) WHERE status = 'PENDING';
SELECT audit_table('orders', 'order', label => 'number',
                   masked => '{shipping_address,billing_address,note}');

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
    from_status text,                      -- null: the order was placed
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
    status          text NOT NULL CHECK (status IN ('preparing', 'in_transit', 'out_for_delivery',
        'delivered', 'failed', 'returned')),
    carrier         text NOT NULL,
    tracking_number text NOT NULL,
    tracking_url    text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
SELECT audit_table('shipments', 'shipment', key => 'order_id', label => 'tracking_number');

CREATE TABLE shipment_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    bigint NOT NULL REFERENCES shipments,
    at          timestamptz NOT NULL DEFAULT now(),
    status      text NOT NULL,
    location    text,
    description text NOT NULL DEFAULT ''
);
CREATE INDEX shipment_events_order_idx ON shipment_events (order_id, at, id);
SELECT audit_table('shipment_events', 'shipment_event', key => 'order_id');

-- Products that are bought together, by the orders of a year: how many customers, each counted at
-- most once a day, bought both.
CREATE TABLE product_pairs (
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    other_id   bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    buyers     integer NOT NULL,
    score      real NOT NULL,          -- cosine of their buyers, shrunk for small numbers
    PRIMARY KEY (product_id, other_id)
);
CREATE INDEX product_pairs_score_idx ON product_pairs (product_id, score DESC, other_id);
CREATE INDEX product_pairs_other_idx ON product_pairs (other_id);
