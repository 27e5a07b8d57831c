-- Returns a text as it is compared when staff search for customers: without case, accents and
-- differences of width. search_fold, for products, also folds letters and digits of other scripts.
-- It takes four times as long, and a search for customers folds the text of all accounts.
CREATE FUNCTION folded(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT replace(translate(
        lower(regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]', '', 'g')),
        'øłđı', 'oldi'), 'ß', 'ss')
$$;

CREATE TABLE roles (
    name        text PRIMARY KEY,
    rank        smallint NOT NULL UNIQUE,   -- a role may do everything that a lower rank may
    description text NOT NULL
);
INSERT INTO roles (name, rank, description) VALUES
    ('customer', 1, 'Buys.'),
    ('staff', 2, 'Keeps catalogue, stock and orders.'),
    ('administrator', 3, 'May do all, and manages accounts.');

CREATE TABLE users (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email             text NOT NULL,
    username          text,
    password_hash     text NOT NULL,
    first_name        text NOT NULL,
    last_name         text NOT NULL,
    phone             text,
    phone_e164        text,          -- phone in the form of ITU-T E.164; null: it could not be read
    role              text NOT NULL DEFAULT 'customer' REFERENCES roles,
    is_active         boolean NOT NULL DEFAULT true,
    order_updates     boolean NOT NULL DEFAULT true,   -- send the optional mails about their orders
    email_verified_at timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    deleted_at        timestamptz    -- the account is anonymised; the row stays for its orders
);
-- E-mail addresses and usernames that differ in case alone are the same account.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE UNIQUE INDEX users_username_key ON users (lower(username));
CREATE INDEX users_created_idx ON users (created_at, id);
CREATE INDEX users_active_administrators_idx ON users (id)
    WHERE role = 'administrator' AND is_active;

-- A session is one login: a family of refresh tokens, at most one of which is unspent.
CREATE TABLE sessions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    user_agent   text NOT NULL,
    address      inet,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    end_reason   text CHECK (end_reason IN ('logout', 'logout_all', 'token_reused',
        'password_changed', 'account_deactivated', 'account_deleted')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

-- Only the SHA-256 of a token is stored. The transaction that exchanges a token sets spent_at;
-- settled_at is set after its commit. A token presented between the two lost an honest race; one
-- presented later was stolen.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    session_id bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    settled_at timestamptz
);
CREATE UNIQUE INDEX refresh_tokens_unspent_key ON refresh_tokens (session_id)
    WHERE spent_at IS NULL;

-- Failed logins, counted by subjects: an account (existing or not) at a network address, the
-- address, or the account at all addresses it never logged in from. Each failure beyond the free
-- ones locks the subject for longer. Subjects sort by bytes, so that those of an account are
-- found by their beginning.
CREATE TABLE login_failures (
    subject      text COLLATE "C" PRIMARY KEY,
    failures     integer NOT NULL DEFAULT 0,
    pending      integer NOT NULL DEFAULT 0,   -- attempts under way
    last_at      timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz
);
CREATE INDEX login_failures_last_at_idx ON login_failures (last_at);

CREATE TABLE addresses (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id             bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    recipient           text NOT NULL,
    line1               text NOT NULL,
    line2               text,
    city                text NOT NULL,
    state               text,
    postal_code         text,
    country             char(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    phone               text,
    phone_e164          text,   -- phone in the form of ITU-T E.164; null: it could not be read
    is_default_shipping boolean NOT NULL DEFAULT false,
    is_default_billing  boolean NOT NULL DEFAULT false,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX addresses_user_id_idx ON addresses (user_id, id);
CREATE UNIQUE INDEX addresses_default_shipping_key ON addresses (user_id) WHERE is_default_shipping;
CREATE UNIQUE INDEX addresses_default_billing_key ON addresses (user_id) WHERE is_default_billing;
