CREATE TABLE payment_types (
    code      text PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*$'),
    name      text NOT NULL,
    position  integer NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);
INSERT INTO payment_types (code, name, position) VALUES
    ('card', 'Credit or debit card', 1),
    ('paypal', 'PayPal', 2),
    ('bank_transfer', 'Bank transfer', 3),
    ('cash_on_delivery', 'Cash on delivery', 4);

-- What was charged for orders. A row is written before the provider is asked, so that no charge is
-- without a record.
CREATE TABLE payments (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id            bigint NOT NULL REFERENCES orders,
    user_id             bigint NOT NULL REFERENCES users,
    amount_minor        bigint NOT NULL CHECK (amount_minor > 0),
    currency            text NOT NULL,
    provider            text NOT NULL,             -- manual: paid outside the shop, recorded by staff
    payment_type        text NOT NULL REFERENCES payment_types,
    attempt_key         text NOT NULL CONSTRAINT payments_attempt_key UNIQUE, -- the provider's idempotency key
    request_key         bytea,                     -- of the request that began it, to resume it
    provider_payment_id text,
    status              text NOT NULL CHECK (status IN ('pending', 'paid', 'failed', 'refunded')),
    is_surplus          boolean NOT NULL DEFAULT false, -- the order no longer wanted it: it is refunded
    decline_code        text,                      -- for staff
    decline_message     text,                      -- for the customer
    method_brand        text,
    method_last_four    text,
    refunded_minor      bigint NOT NULL DEFAULT 0, -- including refunds that are under way
    attempted_at        timestamptz NOT NULL DEFAULT now(), -- when the provider was first asked
    asked_at            timestamptz NOT NULL DEFAULT now(), -- when it was last asked to charge
    checked_at          timestamptz NOT NULL DEFAULT now(), -- when its outcome was last asked for
    settled_at          timestamptz,
    CONSTRAINT payments_provider_key UNIQUE (provider, provider_payment_id),
    CHECK (refunded_minor BETWEEN 0 AND amount_minor),
    CHECK (status IN ('paid', 'refunded') OR refunded_minor = 0),
    CHECK ((status = 'pending') = (settled_at IS NULL))
);
-- An order has one payment that is under way or made.
CREATE UNIQUE INDEX payments_live_key ON payments (order_id)
    WHERE status IN ('pending', 'paid', 'refunded') AND NOT is_surplus;
CREATE INDEX payments_order_idx ON payments (order_id, id);
CREATE INDEX payments_user_idx ON payments (user_id, id);
CREATE INDEX payments_pending_idx ON payments (checked_at) WHERE status = 'pending';
-- For the dashboard: payments by the time they were made.
CREATE INDEX payments_received_idx ON payments (settled_at)
    INCLUDE (order_id, user_id, amount_minor, refunded_minor)
    WHERE status IN ('paid', 'refunded') AND NOT is_surplus;
SELECT audit_table('payments', 'payment', masked => '{attempt_key,request_key}',
                   left_out => '{asked_at,checked_at,attempted_at}', detail => '{order_id}');

CREATE TABLE refunds (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id         bigint NOT NULL REFERENCES payments,
    amount_minor       bigint NOT NULL CHECK (amount_minor > 0),
    status             text NOT NULL CHECK (status IN ('pending', 'done', 'failed')),
    key                text NOT NULL CONSTRAINT refunds_key UNIQUE, -- the provider's idempotency key
    request_key        bytea,
    provider_refund_id text CONSTRAINT refunds_provider_key UNIQUE,
    reason             text NOT NULL,
    actor_id           bigint,                     -- null: the system
    cancels_order      boolean NOT NULL DEFAULT false, -- once it is done, the order is cancelled
    created_at         timestamptz NOT NULL DEFAULT now(),
    checked_at         timestamptz NOT NULL DEFAULT now(),
    settled_at         timestamptz,
    CHECK ((status = 'pending') = (settled_at IS NULL))
);
CREATE INDEX refunds_payment_idx ON refunds (payment_id, id);
CREATE INDEX refunds_pending_idx ON refunds (checked_at) WHERE status = 'pending';
SELECT audit_table('refunds', 'refund', masked => '{key,request_key}', left_out => '{checked_at}',
                   detail => '{payment_id}');

-- Payment methods that customers saved with a provider. Nothing stored here could pay elsewhere.
CREATE TABLE payment_methods (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id              bigint NOT NULL REFERENCES users,
    provider             text NOT NULL,
    provider_method_id   text NOT NULL,
    provider_customer_id text NOT NULL,
    payment_type         text NOT NULL REFERENCES payment_types,
    brand                text NOT NULL,
    last_four            text NOT NULL CHECK (length(last_four) <= 4),
    exp_month            integer,
    exp_year             integer,
    is_default           boolean NOT NULL DEFAULT false,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    removed_at           timestamptz,  -- the customer removed it; the provider is still to be asked
    CONSTRAINT payment_methods_provider_key UNIQUE (provider, provider_method_id),
    CHECK (removed_at IS NULL OR NOT is_default)
);
CREATE UNIQUE INDEX payment_methods_default_key ON payment_methods (user_id) WHERE is_default;
CREATE INDEX payment_methods_user_idx ON payment_methods (user_id, id);
CREATE INDEX payment_methods_removed_idx ON payment_methods (removed_at)
    WHERE removed_at IS NOT NULL;

-- Webhook events of a provider, each of which counts once.
CREATE TABLE payment_events (
    provider    text NOT NULL,
    event_id    text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, event_id)
);
CREATE INDEX payment_events_received_idx ON payment_events (received_at);

-- A payment in full, with its refunds, as JSON.
CREATE VIEW payment_details AS
SELECT p.id, p.order_id, p.user_id, p.status, p.provider, p.attempted_at,
       json_build_object(
           'id', p.id, 'order_id', p.order_id, 'order_number', o.number, 'user_id', p.user_id, 'email', u.email,
           'first_name', u.first_name, 'last_name', u.last_name, 'amount_minor', p.amount_minor, 'currency', p.currency,
           'provider', p.provider, 'provider_payment_id', p.provider_payment_id, 'payment_type', p.payment_type, 'status', p.status,
           'is_surplus', p.is_surplus, 'decline_code', p.decline_code, 'decline_message', p.decline_message,
           'method_brand', p.method_brand, 'method_last_four', p.method_last_four, 'refunded_minor', p.refunded_minor,
           'attempted_at', p.attempted_at, 'settled_at', p.settled_at,
           'refunds', (SELECT coalesce(json_agg(json_build_object(
                                  'id', r.id, 'payment_id', r.payment_id, 'amount_minor', r.amount_minor, 'status', r.status, 'reason', r.reason,
                                  'provider_refund_id', r.provider_refund_id, 'actor_id', r.actor_id, 'cancels_order', r.cancels_order,
                                  'created_at', r.created_at, 'settled_at', r.settled_at) ORDER BY r.id), '[]')
                         FROM refunds r WHERE r.payment_id = p.id))::json AS details
  FROM payments p
  JOIN orders o ON o.id = p.order_id
  JOIN users u ON u.id = p.user_id;
