CREATE TABLE roles (
    name        text PRIMARY KEY,
    rank        smallint NOT NULL UNIQUE,   -- a role may do all that a lower rank may
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
    role              text NOT NULL DEFAULT 'customer' REFERENCES roles,
    is_active         boolean NOT NULL DEFAULT true,
    email_verified_at timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
-- Case does not tell accounts apart.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE UNIQUE INDEX users_username_key ON users (lower(username));

-- A session is one login: a family of refresh tokens of which at most one is unspent.
CREATE TABLE sessions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    user_agent text NOT NULL,
    address    inet,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    end_reason text CHECK (end_reason IN ('logout', 'token_reused')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

-- Only the SHA-256 of a token is kept. spent_at is set by the exchange's own transaction, settled_at after
-- its commit: a token presented between the two lost an honest race, one presented later was stolen.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    session_id bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    settled_at timestamptz
);
CREATE UNIQUE INDEX refresh_tokens_unspent_key ON refresh_tokens (session_id) WHERE spent_at IS NULL;
