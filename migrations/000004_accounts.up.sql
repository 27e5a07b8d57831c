ALTER TABLE users ADD COLUMN deleted_at timestamptz;   -- anonymised: the row stays for what refers to it
CREATE INDEX users_created_idx ON users (created_at, id);
CREATE INDEX users_active_administrators_idx ON users (id) WHERE role = 'administrator' AND is_active;

ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason_check CHECK (end_reason IN
    ('logout', 'logout_all', 'token_reused', 'password_changed', 'account_deactivated', 'account_deleted'));
ALTER TABLE sessions ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now();

CREATE TABLE addresses (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id             bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    recipient           text NOT NULL,
    line1               text NOT NULL,
    line2               text,
    city                text NOT NULL,
    state               text,
    postal_code         text NOT NULL,
    country             char(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    phone               text,
    is_default_shipping boolean NOT NULL DEFAULT false,
    is_default_billing  boolean NOT NULL DEFAULT false,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX addresses_user_id_idx ON addresses (user_id, id);
CREATE UNIQUE INDEX addresses_default_shipping_key ON addresses (user_id) WHERE is_default_shipping;
CREATE UNIQUE INDEX addresses_default_billing_key ON addresses (user_id) WHERE is_default_billing;

-- Failed logins by what was tried: an account's name (also one that nobody has) or an address. Each beyond the
-- free ones shuts the door for longer.
CREATE TABLE login_failures (
    subject      text PRIMARY KEY,
    failures     integer NOT NULL DEFAULT 1,
    last_at      timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz
);
CREATE INDEX login_failures_last_at_idx ON login_failures (last_at);

-- What happened to accounts, by whom, to whom, from where. Rows are added and never changed; none holds a secret.
CREATE TABLE audit_events (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    event     text NOT NULL CHECK (event ~ '^[a-z]+(\.[a-z_]+)+$'),
    actor_id  bigint,                 -- null: nobody was logged in
    target_id bigint,                 -- the account it is about; null: none is known
    address   inet,
    detail    jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_events_at_idx ON audit_events (at, id);
CREATE INDEX audit_events_target_idx ON audit_events (target_id, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_events_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
