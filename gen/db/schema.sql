-- The schema of the database, generated from migrations/, where the comments are.
-- DO NOT EDIT. Refresh it with:
--   go test ./internal/platform/postgres -run TestTheSchemaIsWrittenDown -update

-- ── migrations/000001_identity.up.sql ────────────────────────────────────────────────────────────

CREATE TABLE roles (
    name        text NOT NULL,
    rank        smallint NOT NULL,
    description text NOT NULL,
    CONSTRAINT roles_pkey PRIMARY KEY (name),
    CONSTRAINT roles_rank_key UNIQUE (rank)
);

CREATE TABLE users (
    id                bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    email             text NOT NULL,
    username          text,
    password_hash     text NOT NULL,
    first_name        text NOT NULL,
    last_name         text NOT NULL,
    phone             text,
    phone_e164        text,
    role              text NOT NULL DEFAULT 'customer',
    is_active         boolean NOT NULL DEFAULT true,
    order_updates     boolean NOT NULL DEFAULT true,
    email_verified_at timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    deleted_at        timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_role_fkey FOREIGN KEY (role) REFERENCES roles(name)
);
CREATE INDEX users_active_administrators_idx ON users (id) WHERE ((role = 'administrator') AND is_active);
CREATE INDEX users_created_idx ON users (created_at, id);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE UNIQUE INDEX users_username_key ON users (lower(username));

CREATE TABLE sessions (
    id           bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id      bigint NOT NULL,
    user_agent   text NOT NULL,
    address      inet,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    end_reason   text,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT sessions_check CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT sessions_end_reason_check CHECK (end_reason = ANY (ARRAY['logout', 'logout_all', 'token_reused', 'password_changed', 'account_deactivated', 'account_deleted']))
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE TABLE refresh_tokens (
    token_hash bytea NOT NULL,
    session_id bigint NOT NULL,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    settled_at timestamptz,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_token_hash_check CHECK (length(token_hash) = 32)
);
CREATE UNIQUE INDEX refresh_tokens_unspent_key ON refresh_tokens (session_id) WHERE (spent_at IS NULL);

CREATE TABLE login_failures (
    subject      text NOT NULL,
    failures     integer NOT NULL DEFAULT 0,
    pending      integer NOT NULL DEFAULT 0,
    last_at      timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz,
    CONSTRAINT login_failures_pkey PRIMARY KEY (subject)
);
CREATE INDEX login_failures_last_at_idx ON login_failures (last_at);

CREATE TABLE addresses (
    id                  bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id             bigint NOT NULL,
    recipient           text NOT NULL,
    line1               text NOT NULL,
    line2               text,
    city                text NOT NULL,
    state               text,
    postal_code         text,
    country             character(2) NOT NULL,
    phone               text,
    phone_e164          text,
    is_default_shipping boolean NOT NULL DEFAULT false,
    is_default_billing  boolean NOT NULL DEFAULT false,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT addresses_pkey PRIMARY KEY (id),
    CONSTRAINT addresses_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT addresses_country_check CHECK (country ~ '^[A-Z]{2}$')
);
CREATE UNIQUE INDEX addresses_default_billing_key ON addresses (user_id) WHERE is_default_billing;
CREATE UNIQUE INDEX addresses_default_shipping_key ON addresses (user_id) WHERE is_default_shipping;
CREATE INDEX addresses_user_id_idx ON addresses (user_id, id);

CREATE OR REPLACE FUNCTION folded(text text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT replace(translate(
        lower(regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]', '', 'g')),
        'øłđı', 'oldi'), 'ß', 'ss')
$function$;

-- ── migrations/000002_audit.up.sql ───────────────────────────────────────────────────────────────

CREATE TABLE audit_events (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL DEFAULT now(),
    event       text NOT NULL,
    operation   text,
    request_id  text,
    actor_id    bigint,
    key_id      bigint,
    address     inet,
    object_type text NOT NULL,
    object_id   text,
    label       text,
    before      jsonb,
    after       jsonb,
    detail      jsonb NOT NULL DEFAULT '{}'::jsonb,
    CONSTRAINT audit_events_pkey PRIMARY KEY (id),
    CONSTRAINT audit_events_event_check CHECK (event ~ '^[a-z_]+(\.[a-z_]+)+$')
);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, at, id) WHERE (actor_id IS NOT NULL);
CREATE INDEX audit_events_at_idx ON audit_events (at, id);
CREATE INDEX audit_events_key_idx ON audit_events (key_id, at, id) WHERE (key_id IS NOT NULL);
CREATE INDEX audit_events_label_idx ON audit_events USING gin (label gin_trgm_ops) WHERE (label IS NOT NULL);
CREATE INDEX audit_events_object_idx ON audit_events (object_type, object_id, at, id);
CREATE INDEX audit_events_operation_idx ON audit_events (operation, at, id) WHERE (operation IS NOT NULL);
CREATE INDEX audit_events_request_idx ON audit_events (request_id) WHERE (request_id IS NOT NULL);
CREATE TRIGGER audit_events_are_final BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_are_final;

CREATE OR REPLACE FUNCTION refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $function$;

CREATE OR REPLACE FUNCTION audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION audit_table(of regclass, object_type text, key text DEFAULT 'id'::text, label text DEFAULT ''::text, masked text[] DEFAULT '{}'::text[], left_out text[] DEFAULT '{}'::text[], detail text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    EXECUTE format('CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW
                    WHEN (current_setting(''shopd.audit'', true) <> '''') EXECUTE FUNCTION audit_change(%L, %L, %L, %L, %L, %L)',
                   of, object_type, key, label, masked, left_out, detail);
END $function$;

-- ── migrations/000003_jobs.up.sql ────────────────────────────────────────────────────────────────

CREATE TYPE river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);

CREATE TABLE river_job (
    id            bigint NOT NULL DEFAULT nextval('river_job_id_seq'::regclass),
    state         river_job_state NOT NULL DEFAULT 'available'::river_job_state,
    attempt       smallint NOT NULL DEFAULT 0,
    max_attempts  smallint NOT NULL DEFAULT 25,
    attempted_at  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    finalized_at  timestamptz,
    scheduled_at  timestamptz NOT NULL DEFAULT now(),
    priority      smallint NOT NULL DEFAULT 1,
    args          jsonb NOT NULL,
    attempted_by  text[],
    errors        jsonb[],
    kind          text NOT NULL,
    metadata      jsonb NOT NULL DEFAULT '{}'::jsonb,
    queue         text NOT NULL DEFAULT 'default',
    tags          character varying(255)[] NOT NULL DEFAULT '{}'::character varying[],
    unique_key    bytea,
    unique_states bit(8),
    CONSTRAINT river_job_pkey PRIMARY KEY (id),
    CONSTRAINT finalized_or_finalized_at_null CHECK (finalized_at IS NULL AND (state <> ALL (ARRAY['cancelled'::river_job_state, 'completed'::river_job_state, 'discarded'::river_job_state])) OR finalized_at IS NOT NULL AND (state = ANY (ARRAY['cancelled'::river_job_state, 'completed'::river_job_state, 'discarded'::river_job_state]))),
    CONSTRAINT kind_length CHECK (char_length(kind) > 0 AND char_length(kind) < 128),
    CONSTRAINT max_attempts_is_positive CHECK (max_attempts > 0),
    CONSTRAINT priority_in_range CHECK (priority >= 1 AND priority <= 4),
    CONSTRAINT queue_length CHECK (char_length(queue) > 0 AND char_length(queue) < 128)
);
CREATE INDEX river_job_args_index ON river_job USING gin (args);
CREATE INDEX river_job_kind ON river_job (kind);
CREATE INDEX river_job_metadata_index ON river_job USING gin (metadata);
CREATE INDEX river_job_prioritized_fetching_index ON river_job (state, queue, priority, scheduled_at, id);
CREATE INDEX river_job_state_and_finalized_at_index ON river_job (state, finalized_at) WHERE (finalized_at IS NOT NULL);
CREATE UNIQUE INDEX river_job_unique_idx ON river_job (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND river_job_state_in_bitmask(unique_states, state));

CREATE UNLOGGED TABLE river_leader (
    elected_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    leader_id  text NOT NULL,
    name       text NOT NULL DEFAULT 'default',
    CONSTRAINT river_leader_pkey PRIMARY KEY (name),
    CONSTRAINT leader_id_length CHECK (char_length(leader_id) > 0 AND char_length(leader_id) < 128),
    CONSTRAINT name_length CHECK (name = 'default')
);

CREATE TABLE river_queue (
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    metadata   jsonb NOT NULL DEFAULT '{}'::jsonb,
    paused_at  timestamptz,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT river_queue_pkey PRIMARY KEY (name)
);

CREATE TABLE river_migration (
    line       text NOT NULL,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version),
    CONSTRAINT line_length CHECK (char_length(line) > 0 AND char_length(line) < 128),
    CONSTRAINT version_gte_1 CHECK (version >= 1)
);

CREATE TABLE river_notification (
    id         bigint NOT NULL DEFAULT nextval('river_notification_id_seq'::regclass),
    created_at timestamptz NOT NULL DEFAULT now(),
    payload    text NOT NULL,
    topic      text NOT NULL,
    CONSTRAINT river_notification_pkey PRIMARY KEY (id),
    CONSTRAINT topic_length CHECK (length(topic) > 0 AND length(topic) < 128)
);
CREATE INDEX river_notification_created_at_idx ON river_notification (created_at);
CREATE INDEX river_notification_topic_id_idx ON river_notification (topic, id);

CREATE OR REPLACE FUNCTION river_job_state_in_bitmask(bitmask bit, state river_job_state)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$function$;

-- ── migrations/000004_catalog.up.sql ─────────────────────────────────────────────────────────────

CREATE TABLE store (
    singleton boolean NOT NULL DEFAULT true,
    currency  character(3) NOT NULL,
    CONSTRAINT store_pkey PRIMARY KEY (singleton),
    CONSTRAINT store_singleton_check CHECK (singleton)
);

CREATE TABLE brands (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    name        text NOT NULL,
    slug        text NOT NULL,
    description text NOT NULL DEFAULT '',
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT brands_pkey PRIMARY KEY (id),
    CONSTRAINT brands_slug_key UNIQUE (slug)
);
CREATE UNIQUE INDEX brands_name_key ON brands (name_key(name));
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON brands FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('brand', 'id', 'name', '{}', '{}', '{}');
CREATE TRIGGER brands_known AFTER INSERT OR DELETE OR UPDATE OF name ON brands FOR EACH STATEMENT EXECUTE FUNCTION search_vocabulary_changed();
CREATE TRIGGER brands_renamed AFTER UPDATE OF name ON brands FOR EACH ROW WHEN (old.name <> new.name) EXECUTE FUNCTION names_changed();
CREATE TRIGGER brands_slug_changed AFTER UPDATE OF slug ON brands FOR EACH ROW WHEN (old.slug <> new.slug) EXECUTE FUNCTION slug_ended('brand');
CREATE TRIGGER brands_slug_deleted AFTER DELETE ON brands FOR EACH ROW EXECUTE FUNCTION slug_ended('brand');

CREATE TABLE categories (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    parent_id   bigint,
    name        text NOT NULL,
    slug        text NOT NULL,
    description text NOT NULL DEFAULT '',
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT categories_pkey PRIMARY KEY (id),
    CONSTRAINT categories_slug_key UNIQUE (slug),
    CONSTRAINT categories_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES categories(id),
    CONSTRAINT categories_check CHECK (parent_id <> id)
);
CREATE INDEX categories_name_idx ON categories (name_key(name));
CREATE INDEX categories_parent_id_idx ON categories (parent_id);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON categories FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('category', 'id', 'name', '{}', '{}', '{}');
CREATE TRIGGER categories_renamed AFTER UPDATE OF name, parent_id ON categories FOR EACH ROW WHEN (old.name IS DISTINCT FROM new.name OR old.parent_id IS DISTINCT FROM new.parent_id) EXECUTE FUNCTION names_changed();
CREATE TRIGGER categories_slug_changed AFTER UPDATE OF slug ON categories FOR EACH ROW WHEN (old.slug <> new.slug) EXECUTE FUNCTION slug_ended('category');
CREATE TRIGGER categories_slug_deleted AFTER DELETE ON categories FOR EACH ROW EXECUTE FUNCTION slug_ended('category');

CREATE TABLE products (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    name        text NOT NULL,
    slug        text NOT NULL,
    description text NOT NULL DEFAULT '',
    brand_id    bigint,
    category_id bigint,
    condition   text NOT NULL DEFAULT 'new',
    attributes  jsonb NOT NULL DEFAULT '{}'::jsonb,
    is_active   boolean NOT NULL DEFAULT true,
    is_featured boolean NOT NULL DEFAULT false,
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz,
    CONSTRAINT products_pkey PRIMARY KEY (id),
    CONSTRAINT products_slug_key UNIQUE (slug),
    CONSTRAINT products_brand_id_fkey FOREIGN KEY (brand_id) REFERENCES brands(id),
    CONSTRAINT products_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories(id),
    CONSTRAINT products_attributes_check CHECK (jsonb_typeof(attributes) = 'object'),
    CONSTRAINT products_condition_check CHECK (condition = ANY (ARRAY['new', 'refurbished', 'used'])),
    CONSTRAINT products_name_check CHECK (length(name) >= 1 AND length(name) <= 300)
);
CREATE INDEX products_brand_id_idx ON products (brand_id);
CREATE INDEX products_category_id_idx ON products (category_id);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON products FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('product', 'id', 'name', '{}', '{}', '{}');
CREATE TRIGGER products_inserted AFTER INSERT ON products REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER products_slug_changed AFTER UPDATE OF slug ON products FOR EACH ROW WHEN (old.slug <> new.slug) EXECUTE FUNCTION slug_ended('product');
CREATE TRIGGER products_slug_deleted AFTER DELETE ON products FOR EACH ROW EXECUTE FUNCTION slug_ended('product');
CREATE TRIGGER products_updated AFTER UPDATE ON products REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();

CREATE TABLE former_slugs (
    kind      text NOT NULL,
    slug      text NOT NULL,
    object_id bigint NOT NULL,
    ended_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT former_slugs_pkey PRIMARY KEY (kind, slug, object_id),
    CONSTRAINT former_slugs_kind_check CHECK (kind = ANY (ARRAY['brand', 'category', 'product']))
);
CREATE INDEX former_slugs_object_idx ON former_slugs (kind, object_id);

CREATE TABLE product_images (
    id         bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    product_id bigint NOT NULL,
    "position" integer NOT NULL,
    is_primary boolean NOT NULL,
    alt        text NOT NULL,
    sizes      jsonb NOT NULL,
    CONSTRAINT product_images_pkey PRIMARY KEY (id),
    CONSTRAINT product_images_product_key UNIQUE (product_id, id),
    CONSTRAINT product_images_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE,
    CONSTRAINT product_images_sizes_check CHECK (jsonb_typeof(sizes) = 'array' AND jsonb_array_length(sizes) > 0)
);
CREATE UNIQUE INDEX product_images_primary_key ON product_images (product_id) WHERE is_primary;
CREATE INDEX product_images_product_id_idx ON product_images (product_id, "position");
CREATE INDEX product_images_sizes_idx ON product_images USING gin (sizes jsonb_path_ops);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON product_images FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('image', 'id', 'alt', '{}', '{}', '{product_id}');

CREATE TABLE variants (
    id                 bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    product_id         bigint NOT NULL,
    is_default         boolean NOT NULL,
    "position"         integer NOT NULL DEFAULT 0,
    sku                text NOT NULL,
    gtin               text,
    options            jsonb NOT NULL DEFAULT '{}'::jsonb,
    price_minor        bigint NOT NULL,
    discount_minor     bigint,
    discount_starts_at timestamptz,
    discount_ends_at   timestamptz,
    stock              integer NOT NULL DEFAULT 0,
    track_inventory    boolean NOT NULL DEFAULT true,
    image_id           bigint,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    deleted_at         timestamptz,
    CONSTRAINT variants_pkey PRIMARY KEY (id),
    CONSTRAINT variants_image_fkey FOREIGN KEY (product_id, image_id) REFERENCES product_images(product_id, id) ON DELETE SET NULL (image_id),
    CONSTRAINT variants_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE,
    CONSTRAINT variants_check CHECK (discount_minor >= 0 AND discount_minor < price_minor),
    CONSTRAINT variants_check1 CHECK (deleted_at IS NULL OR NOT is_default),
    CONSTRAINT variants_discount_period_check CHECK (discount_starts_at < discount_ends_at),
    CONSTRAINT variants_gtin_check CHECK (gtin ~ '^[0-9]{14}$'),
    CONSTRAINT variants_options_check CHECK (jsonb_typeof(options) = 'object'),
    CONSTRAINT variants_price_minor_check CHECK (price_minor >= 0),
    CONSTRAINT variants_stock_check CHECK (stock >= 0)
);
CREATE UNIQUE INDEX variants_default_key ON variants (product_id) WHERE is_default;
CREATE UNIQUE INDEX variants_gtin_key ON variants (gtin) WHERE (deleted_at IS NULL);
CREATE INDEX variants_options_idx ON variants USING gin (options jsonb_path_ops) WHERE ((deleted_at IS NULL) AND (options <> '{}'::jsonb));
CREATE UNIQUE INDEX variants_options_key ON variants (product_id, options) WHERE (deleted_at IS NULL);
CREATE INDEX variants_product_id_idx ON variants (product_id, "position");
CREATE UNIQUE INDEX variants_sku_fold_idx ON variants (lower(sku), id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX variants_sku_key ON variants (sku) WHERE (deleted_at IS NULL);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON variants FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('variant', 'id', 'sku', '{}', '{stock}', '{product_id}');
CREATE TRIGGER variants_deleted AFTER DELETE ON variants REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER variants_inserted AFTER INSERT ON variants REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER variants_updated AFTER UPDATE ON variants REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();

CREATE TABLE product_listings (
    product_id     bigint NOT NULL,
    is_visible     boolean NOT NULL,
    is_featured    boolean NOT NULL,
    category_id    bigint,
    brand_id       bigint,
    sort_name      text NOT NULL,
    sku            text NOT NULL,
    gtin           text,
    price_minor    bigint NOT NULL,
    discount_minor bigint,
    turns_at       timestamptz,
    buyer_minor    bigint NOT NULL GENERATED ALWAYS AS (COALESCE(discount_minor, price_minor)) STORED,
    on_sale        boolean NOT NULL GENERATED ALWAYS AS (discount_minor IS NOT NULL) STORED,
    stock          bigint NOT NULL,
    is_untracked   boolean NOT NULL DEFAULT false,
    in_stock       boolean NOT NULL GENERATED ALWAYS AS (stock > 0 OR is_untracked) STORED,
    rating_count   integer NOT NULL DEFAULT 0,
    rating_sum     bigint NOT NULL DEFAULT 0,
    popularity     bigint NOT NULL DEFAULT 0,
    attributes     jsonb NOT NULL DEFAULT '{}'::jsonb,
    created_at     timestamptz NOT NULL,
    CONSTRAINT product_listings_pkey PRIMARY KEY (product_id),
    CONSTRAINT product_listings_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE
) WITH (fillfactor=85);
CREATE INDEX product_listings_attributes_idx ON product_listings USING gin (attributes jsonb_path_ops) WHERE is_visible;
CREATE INDEX product_listings_brand_idx ON product_listings (brand_id, created_at, product_id) WHERE is_visible;
CREATE INDEX product_listings_category_idx ON product_listings (category_id, created_at, product_id) WHERE is_visible;
CREATE INDEX product_listings_count_idx ON product_listings (category_id, brand_id, buyer_minor, in_stock, on_sale, is_featured) INCLUDE (product_id, popularity) WHERE is_visible;
CREATE INDEX product_listings_created_idx ON product_listings (created_at, product_id) WHERE is_visible;
CREATE INDEX product_listings_featured_idx ON product_listings (created_at, product_id) WHERE (is_visible AND is_featured);
CREATE INDEX product_listings_name_idx ON product_listings (sort_name, product_id) WHERE is_visible;
CREATE INDEX product_listings_offers_idx ON product_listings (created_at, product_id) WHERE (is_visible AND on_sale);
CREATE INDEX product_listings_popularity_idx ON product_listings (popularity, product_id) WHERE is_visible;
CREATE INDEX product_listings_price_idx ON product_listings (buyer_minor, product_id) WHERE is_visible;
CREATE INDEX product_listings_turns_idx ON product_listings (turns_at) WHERE (turns_at IS NOT NULL);

-- VIEW product_cards (
--     product_id         bigint
--     is_visible         boolean
--     is_featured        boolean
--     sku                text
--     gtin               text
--     price_minor        bigint
--     discount_minor     bigint
--     stock              bigint
--     in_stock           boolean
--     rating_count       integer
--     rating_sum         bigint
--     created_at         timestamptz
--     updated_at         timestamptz
--     name               text
--     slug               text
--     brand_id           bigint
--     brand_name         text
--     brand_slug         text
--     category_id        bigint
--     category_name      text
--     category_slug      text
--     image_id           bigint
--     image_alt          text
--     image_position     integer
--     image_sizes        jsonb
--     variant_count      integer
--     default_variant_id bigint
-- )

-- VIEW product_details (
--     id            bigint
--     name          text
--     slug          text
--     description   text
--     condition     text
--     attributes    jsonb
--     is_active     boolean
--     is_featured   boolean
--     deleted_at    timestamptz
--     created_at    timestamptz
--     updated_at    timestamptz
--     version       bigint
--     rating_count  integer
--     rating_sum    bigint
--     brand_id      bigint
--     brand_name    text
--     brand_slug    text
--     category_id   bigint
--     category_name text
--     category_slug text
--     variants      json
--     images        json
-- )

CREATE OR REPLACE FUNCTION name_key(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT lower(btrim(regexp_replace(regexp_replace(
        translate(normalize(name, NFC), '’ʼ‘', ''''''''),
        '[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]', '', 'g'),
        '[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\u3164]+', ' ', 'g')))
$function$;

CREATE OR REPLACE FUNCTION category_tree(root bigint)
 RETURNS SETOF bigint
 LANGUAGE sql
 STABLE ROWS 10
AS $function$
    WITH RECURSIVE tree AS (
        SELECT root AS id
        UNION
        SELECT c.id FROM categories c JOIN tree t ON c.parent_id = t.id
    )
    SELECT id FROM tree
$function$;

CREATE OR REPLACE FUNCTION slug_ended()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM former_slugs WHERE kind = TG_ARGV[0] AND object_id = old.id;
    ELSE
        DELETE FROM former_slugs WHERE kind = TG_ARGV[0] AND slug = new.slug AND object_id = new.id;
        INSERT INTO former_slugs (kind, slug, object_id) VALUES (TG_ARGV[0], old.slug, old.id)
        ON CONFLICT (kind, slug, object_id) DO UPDATE SET ended_at = excluded.ended_at;
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION last_with_slug(of_kind text, given text)
 RETURNS SETOF bigint
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
    SELECT f.object_id FROM former_slugs f
     WHERE f.kind = of_kind AND f.slug = given
     ORDER BY f.ended_at DESC, f.object_id DESC LIMIT 1
$function$;

CREATE OR REPLACE FUNCTION brands_named(given text)
 RETURNS SETOF bigint
 LANGUAGE sql
 STABLE ROWS 1
AS $function$
    WITH found AS (
        SELECT b.id FROM brands b WHERE name_key(b.name) = name_key(given) OR b.slug = lower(given)
    )
    SELECT id FROM found
    UNION ALL
    SELECT l.id FROM last_with_slug('brand', lower(given)) AS l (id) WHERE NOT EXISTS (SELECT FROM found)
$function$;

CREATE OR REPLACE FUNCTION categories_named(given text)
 RETURNS SETOF bigint
 LANGUAGE sql
 STABLE ROWS 2
AS $function$
    WITH found AS (
        SELECT c.id FROM categories c WHERE name_key(c.name) = name_key(given) OR c.slug = lower(given)
    )
    SELECT id FROM found
    UNION ALL
    SELECT l.id FROM last_with_slug('category', lower(given)) AS l (id) WHERE NOT EXISTS (SELECT FROM found)
$function$;

CREATE OR REPLACE FUNCTION sale_price(minor bigint, starts_at timestamp with time zone, ends_at timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    SELECT CASE WHEN (starts_at IS NULL OR starts_at <= now()) AND (ends_at IS NULL OR now() < ends_at)
                THEN minor END
$function$;

CREATE OR REPLACE FUNCTION next_sale_turn(minor bigint, starts_at timestamp with time zone, ends_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    SELECT CASE WHEN minor IS NULL THEN NULL
                WHEN now() < starts_at THEN starts_at
                WHEN now() < ends_at THEN ends_at END
$function$;

CREATE OR REPLACE FUNCTION refresh_listings(ids bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM FROM product_listings WHERE product_id = ANY (ids) ORDER BY product_id FOR UPDATE;
    INSERT INTO product_listings AS l (product_id, is_visible, is_featured, category_id, brand_id, sort_name,
                                       sku, gtin, price_minor, discount_minor, turns_at, stock, is_untracked, created_at, attributes)
    SELECT p.id, p.is_active AND p.deleted_at IS NULL, p.is_featured, p.category_id, p.brand_id, lower(p.name),
           d.sku, d.gtin, d.price_minor, sale_price(d.discount_minor, d.discount_starts_at, d.discount_ends_at),
           s.turns_at, s.stock, s.is_untracked, p.created_at, p.attributes
      FROM products p
      JOIN variants d ON d.product_id = p.id AND d.is_default
     CROSS JOIN LATERAL (SELECT sum(v.stock) AS stock, bool_or(NOT v.track_inventory) AS is_untracked,
                               min(next_sale_turn(v.discount_minor, v.discount_starts_at, v.discount_ends_at)) AS turns_at
                           FROM variants v WHERE v.product_id = p.id AND v.deleted_at IS NULL) s
     WHERE p.id = ANY (ids)
     ORDER BY p.id
    ON CONFLICT (product_id) DO UPDATE
       SET is_visible = excluded.is_visible, is_featured = excluded.is_featured,
           category_id = excluded.category_id, brand_id = excluded.brand_id, sort_name = excluded.sort_name,
           sku = excluded.sku, gtin = excluded.gtin, price_minor = excluded.price_minor,
           discount_minor = excluded.discount_minor, turns_at = excluded.turns_at, stock = excluded.stock, is_untracked = excluded.is_untracked,
           created_at = excluded.created_at, attributes = excluded.attributes;
END $function$;

CREATE OR REPLACE FUNCTION turn_sales()
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF EXISTS (SELECT FROM product_listings WHERE turns_at <= now()) THEN
        PERFORM pg_advisory_xact_lock(hashtext('shopd.sales.turn'));
        PERFORM refresh_listings(array_agg(due.product_id))
           FROM (SELECT product_id FROM product_listings WHERE turns_at <= now() LIMIT 5000) due;
    END IF;
    RETURN (SELECT min(turns_at) FROM product_listings);
END $function$;

CREATE OR REPLACE FUNCTION products_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE ids bigint[];
BEGIN
    IF current_setting('shopd.refreshes_later', true) = 'yes' THEN
        RETURN NULL; -- an import writes in several statements, and refreshes once at the end
    END IF;
    IF TG_TABLE_NAME = 'variants' AND current_setting('shopd.moves_stock', true) = 'yes' THEN
        RETURN NULL; -- only stock changed, and stock_levels_changed updates the listing itself
    END IF;
    IF TG_TABLE_NAME = 'products' THEN
        SELECT array_agg(id) INTO ids FROM changed;
    ELSE
        SELECT array_agg(DISTINCT product_id) INTO ids FROM changed;
    END IF;
    IF ids IS NOT NULL THEN
        PERFORM refresh_listings(ids);
        -- An update of a variant changes prices and stock, which no search word depends on.
        IF TG_TABLE_NAME = 'products' OR TG_OP <> 'UPDATE' THEN
            PERFORM refresh_search(ids);
        END IF;
    END IF;
    RETURN NULL;
END $function$;

-- ── migrations/000005_search.up.sql ──────────────────────────────────────────────────────────────

CREATE SEQUENCE search_changes;

CREATE SEQUENCE search_version;

CREATE TABLE product_search (
    product_id bigint NOT NULL,
    words      tsvector NOT NULL,
    spelling   text NOT NULL,
    CONSTRAINT product_search_pkey PRIMARY KEY (product_id),
    CONSTRAINT product_search_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE
);
CREATE INDEX product_search_words_idx ON product_search USING gin (words);

CREATE TABLE search_words (
    word     text NOT NULL,
    stem     text NOT NULL,
    products integer NOT NULL DEFAULT 1,
    titles   integer NOT NULL DEFAULT 0,
    CONSTRAINT search_words_pkey PRIMARY KEY (word)
);

CREATE TABLE search_state (
    singleton boolean NOT NULL DEFAULT true,
    counted   bigint NOT NULL,
    products  bigint NOT NULL,
    CONSTRAINT search_state_pkey PRIMARY KEY (singleton),
    CONSTRAINT search_state_singleton_check CHECK (singleton)
);

CREATE TABLE search_synonyms (
    id         bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    terms      text[] NOT NULL,
    meaning    text,
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT search_synonyms_pkey PRIMARY KEY (id),
    CONSTRAINT search_synonyms_terms_check CHECK (cardinality(terms) >= 1 AND cardinality(terms) <= 30)
);
CREATE INDEX search_synonyms_terms_idx ON search_synonyms USING gin (terms);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON search_synonyms FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('synonyms', 'id', 'terms', '{}', '{}', '{}');
CREATE TRIGGER search_synonyms_known AFTER INSERT OR DELETE OR UPDATE ON search_synonyms FOR EACH STATEMENT EXECUTE FUNCTION search_vocabulary_changed();

CREATE TABLE search_synonym_terms (
    term       text NOT NULL,
    synonym_id bigint NOT NULL,
    CONSTRAINT search_synonym_terms_pkey PRIMARY KEY (term),
    CONSTRAINT search_synonym_terms_synonym_id_fkey FOREIGN KEY (synonym_id) REFERENCES search_synonyms(id) ON DELETE CASCADE
);
CREATE INDEX search_synonym_terms_set_idx ON search_synonym_terms (synonym_id);

CREATE OR REPLACE FUNCTION search_fold(text text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
DECLARE t text;
BEGIN
    -- Signs that would become letters or digits are blanks; all apostrophes and inch marks are one.
    t := translate(text, 'ŉ’′ʼ”″™℠¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅟', 'n''''''""                    ');
    t := lower(normalize(t, NFKD));
    t := regexp_replace(t, '[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]', '', 'g');
    t := translate(t, 'øłıđðħŧςىیېکةھہ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'oliddhtσيييكههه01234567890123456789');
    IF t ~ '[ßẞæœþ]' THEN
        t := replace(replace(replace(replace(replace(t, 'ß', 'ss'), 'ẞ', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
    END IF;
    RETURN normalize(t, NFC);
END $function$;

CREATE OR REPLACE FUNCTION search_text(text text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
DECLARE
    is_ascii CONSTANT boolean := octet_length(text) = length(text);
    t        text;
    more     text := '';    -- what is appended
    composed text;
BEGIN
    t := CASE WHEN is_ascii THEN lower(text) ELSE search_fold(text) END;
    IF strpos(t, '''') > 0 OR strpos(t, '"') > 0 THEN
        t := regexp_replace(regexp_replace(regexp_replace(t,
                '''s\M', '', 'g'),
                '(\d)''(?!\w)', '\1 ft ', 'g'),
                '(\d)"', '\1 inch ', 'g');
        t := replace(regexp_replace(t, '(?<=\d)''|''(?=\d)|''{2,}', ' ', 'g'), '''', '');
    END IF;
    IF strpos(t, ',') > 0 AND t ~ '\d,\d' THEN
        t := regexp_replace(t, '(\d),(?=\d{3}(?!\d))', '\1', 'g');
    END IF;
    IF strpos(t, '-') > 0 THEN
        more := coalesce((SELECT string_agg(' ' || m[1] || m[2], '')
            FROM regexp_matches(t, '(?<![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])([a-z]{1,3})-([a-z]{2,})(?![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])', 'g') m), '');
    END IF;
    IF strpos(t, '+') > 0 OR strpos(t, '#') > 0 THEN
        more := more || coalesce((
            SELECT string_agg(' ' || m[1] || CASE m[2] WHEN '#' THEN 'sharp' WHEN '+' THEN 'plus' ELSE 'plusplus' END, '')
              FROM regexp_matches(t, '(?<![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])([a-z])(\+\+|\+|#)(?![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff+#])', 'g') m), '');
    END IF;
    IF is_ascii THEN
        t := btrim(regexp_replace(t, '[^a-z0-9]{2,}|[^ a-z0-9]', ' ', 'g'));
    ELSE
        IF t ~ '[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]' THEN
            t := regexp_replace(t, '([\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)', ' \1 ', 'g');
        END IF;
        t := btrim(regexp_replace(t, '[^0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff]{2,}|[^ 0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff]', ' ', 'g'));
        composed := normalize(text, NFKC);
        IF composed ~ '[äöüøåÄÖÜØÅ]' THEN
            more := more || coalesce((
                SELECT ' ' || search_text(string_agg(replace(replace(replace(replace(replace(
                           w, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ø', 'oe'), 'å', 'aa'), ' '))
                  FROM regexp_split_to_table(lower(translate(composed, 'ÄÖÜØÅ', 'äöüøå')), '\s') w
                 WHERE w ~ '[äöüøå]'), '');
        END IF;
    END IF;
    IF t ~ '[^0-9 ]{2}[0-9]|[0-9][^0-9 ]{2}' THEN
        more := more || coalesce((
            SELECT string_agg(' ' || regexp_replace(regexp_replace(
                       w, '([^0-9]{2,})(?=[0-9])', '\1 ', 'g'), '([0-9])(?=[^0-9 ])', '\1 ', 'g'), '')
              FROM string_to_table(t, ' ') w
             WHERE w ~ '[^0-9]{2}[0-9]|[0-9][^0-9]{2}' AND w !~ '^[0-9]+(?:[a-z]{1,2}|mah|inch)$' AND length(w) <= 40), '');
    END IF;
    IF t ~ '(?:^| )[a-z] [0-9]|[0-9] (?:gb|tb|mb|mah|mm|cm|ml|kg|oz|lb|ft|inch|mp|hz|w|l|g)(?: |$)' THEN
        more := more || coalesce((SELECT string_agg(' ' || m[1] || m[2], '')
                                    FROM regexp_matches(t, '\m([a-z]) (\d{1,4}[a-z]?)\M', 'g') m), '')
                     || coalesce((SELECT string_agg(' ' || m[1] || m[2], '')
                                    FROM regexp_matches(t, '\m(\d+) (gb|tb|mb|mah|mm|cm|ml|kg|oz|lb|ft|inch|mp|hz|w|l|g)\M', 'g') m), '');
    END IF;
    RETURN t || more;
END $function$;

CREATE OR REPLACE FUNCTION search_pairs(text text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
BEGIN
    IF octet_length(text) = length(text) OR text !~ '[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]' THEN
        RETURN '';
    END IF;
    RETURN coalesce((SELECT string_agg(substr(w, i, 2), ' ' ORDER BY n, i)
                       FROM string_to_table(text, ' ') WITH ORDINALITY AS words (w, n), generate_series(1, length(w)) i
                      WHERE w ~ '^[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{2,}$'), '');
END $function$;

CREATE OR REPLACE FUNCTION search_phrase(text text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT CASE WHEN t ~ '[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{3}' AND strpos(t, '"') = 0
                THEN (SELECT string_agg(CASE WHEN w ~ '^[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{3,}$'
                                             THEN '"' || regexp_replace(search_pairs(w), ' .$', '') || '"' ELSE w END, ' ' ORDER BY n)
                        FROM string_to_table(regexp_replace(t, '([\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)', ' \1 ', 'g'), ' ') WITH ORDINALITY AS words (w, n))
                ELSE t END
      FROM (SELECT regexp_replace(
                       regexp_replace(
                           regexp_replace(search_fold(text), '(?<![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])([a-z])\+\+(?![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff+#])', '\1plusplus', 'g'),
                           '(?<![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])([a-z])#(?![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff+#])', '\1sharp', 'g'),
                       '(?<=[[:alnum:]])[^[:alnum:]\s"]+(?=[[:alnum:]])', ' ', 'g') AS t) folded
$function$;

CREATE OR REPLACE FUNCTION current_search_version()
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$ SELECT last_value FROM search_version $function$;

CREATE OR REPLACE FUNCTION current_catalogue_changes()
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
    SELECT c.last_value + v.last_value FROM search_changes c, search_version v
$function$;

CREATE OR REPLACE FUNCTION search_vocabulary_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM nextval('search_version');
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION refresh_search(ids bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
DECLARE news bigint;
BEGIN
    WITH texts AS MATERIALIZED (
        SELECT p.id, search_text(p.name) AS name, search_text(coalesce(v.skus, '')) AS skus,
               search_text(concat_ws(' ', b.name, c.name, parent.name)) AS kin,
               search_text(coalesce(a.facts, '')) AS facts, search_text(left(p.description, 5000)) AS description
          FROM products p
          LEFT JOIN brands b ON b.id = p.brand_id
          LEFT JOIN categories c ON c.id = p.category_id
          LEFT JOIN categories parent ON parent.id = c.parent_id
          LEFT JOIN LATERAL (SELECT string_agg(sku, ' ') AS skus FROM variants WHERE product_id = p.id AND deleted_at IS NULL) v ON true
          LEFT JOIN LATERAL (SELECT left(string_agg(concat_ws(' ', replace(key, '_', ' '), value), ' '), 2000) AS facts
                               FROM jsonb_each_text(p.attributes)) a ON true
         WHERE p.id = ANY (ids)
    ), stored AS (
        INSERT INTO product_search (product_id, words, spelling)
        SELECT t.id,
               setweight(to_tsvector('shop_words', t.name || ' ' || search_pairs(t.name)), 'A') ||
               setweight(to_tsvector('simple', t.skus), 'A') ||
               setweight(to_tsvector('shop_words', t.kin || ' ' || search_pairs(t.kin)), 'B') ||
               setweight(to_tsvector('english', t.facts || ' ' || search_pairs(t.facts)), 'C') ||
               setweight(to_tsvector('english', t.description || ' ' || search_pairs(t.description)), 'D'),
               t.name || ' ' || t.kin
          FROM texts t
         ORDER BY t.id
        ON CONFLICT (product_id) DO UPDATE SET words = excluded.words, spelling = excluded.spelling
    ), used AS MATERIALIZED (
        SELECT t.id, string_to_table(t.name || ' ' || t.kin, ' ') AS word, true AS titled FROM texts t
        UNION ALL
        SELECT t.id, string_to_table(t.skus || ' ' || t.facts || ' ' || t.description, ' '), false FROM texts t
    ), said AS MATERIALIZED (
        SELECT word, bool_or(titled) AS titled FROM used GROUP BY word
    ), unknown AS MATERIALIZED (
        SELECT s.word
          FROM said s
         WHERE length(s.word) BETWEEN 1 AND 40
           AND (SELECT w.titles > 0 OR NOT s.titled FROM search_words w WHERE w.word = s.word) IS NOT TRUE
           AND ts_lexize('english_stem', s.word) <> '{}'         -- no stop word
    ), found AS (
        SELECT u.word COLLATE "C" AS word, u.id, bool_or(u.titled) AS titled
          FROM used u JOIN unknown USING (word)
         GROUP BY u.word COLLATE "C", u.id
    )
    -- In the order of the words, so that two transactions with the same new ones do not deadlock.
    INSERT INTO search_words AS known (word, stem, products, titles)
    SELECT f.word, (ts_lexize('english_stem', f.word))[1], count(*), count(*) FILTER (WHERE f.titled)
      FROM found f
     GROUP BY f.word
     ORDER BY f.word
    ON CONFLICT (word) DO UPDATE SET titles = greatest(known.titles, excluded.titles);
    GET DIAGNOSTICS news = ROW_COUNT;
    IF news > 0 THEN
        PERFORM nextval('search_version');
    END IF;
    PERFORM nextval('search_changes');
END $function$;

CREATE OR REPLACE FUNCTION names_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_TABLE_NAME = 'brands' THEN
        PERFORM refresh_search(array_agg(id)) FROM products WHERE brand_id = NEW.id;
    ELSE
        PERFORM refresh_search(array_agg(p.id)) FROM products p JOIN categories c ON c.id = p.category_id
          WHERE NEW.id IN (c.id, c.parent_id);
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION recount_search_words()
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
DECLARE now_at bigint;
BEGIN
    SELECT last_value INTO now_at FROM search_changes;
    PERFORM FROM search_state WHERE counted <> now_at FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    WITH shown AS MATERIALIZED (
        SELECT word AS stem, ndoc FROM ts_stat('SELECT s.words FROM product_search s JOIN product_listings l USING (product_id) WHERE l.is_visible')
    ), titled AS MATERIALIZED (
        SELECT word AS stem, ndoc FROM ts_stat('SELECT s.words FROM product_search s JOIN product_listings l USING (product_id) WHERE l.is_visible', 'ab')
    ), spelled AS MATERIALIZED (
        SELECT DISTINCT string_to_table(s.spelling, ' ') AS word
          FROM product_search s JOIN product_listings l USING (product_id) WHERE l.is_visible
    ), counts AS MATERIALIZED (
        SELECT w.word, coalesce(shown.ndoc, 0) AS products,
               CASE WHEN spelled.word IS NULL THEN 0 ELSE coalesce(titled.ndoc, 0) END AS titles
          FROM search_words w
          LEFT JOIN shown USING (stem)
          LEFT JOIN titled USING (stem)
          LEFT JOIN spelled ON spelled.word = w.word
    ), gone AS (
        DELETE FROM search_words w USING counts c WHERE c.word = w.word AND c.products = 0
    )
    UPDATE search_words w SET products = c.products, titles = c.titles
      FROM counts c
     WHERE c.word = w.word AND c.products > 0 AND (w.products, w.titles) IS DISTINCT FROM (c.products, c.titles);
    UPDATE search_state SET counted = now_at, products = (SELECT count(*) FROM product_listings WHERE is_visible);
    PERFORM nextval('search_version');
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION filtered_products(q text DEFAULT NULL::text, category_id bigint DEFAULT NULL::bigint, category text DEFAULT NULL::text, brand_id bigint DEFAULT NULL::bigint, brand text DEFAULT NULL::text, min_minor bigint DEFAULT NULL::bigint, max_minor bigint DEFAULT NULL::bigint, in_stock boolean DEFAULT NULL::boolean, on_sale boolean DEFAULT NULL::boolean, featured boolean DEFAULT NULL::boolean, gtin text DEFAULT NULL::text, attributes jsonb DEFAULT NULL::jsonb)
 RETURNS SETOF product_listings
 LANGUAGE sql
 STABLE
AS $function$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible
       AND (filtered_products.q IS NULL OR l.product_id = ANY (ARRAY(
               SELECT s.product_id FROM product_search s
                WHERE s.words @@ (websearch_to_tsquery('english', search_phrase(filtered_products.q))
                               || websearch_to_tsquery('simple', search_phrase(filtered_products.q))))))
       AND (filtered_products.category_id IS NULL
            OR l.category_id = ANY (ARRAY(SELECT category_tree(filtered_products.category_id))))
       AND (filtered_products.category IS NULL OR l.category_id = ANY (ARRAY(
               SELECT category_tree(c.id) FROM categories_named(filtered_products.category) AS c (id))))
       AND (filtered_products.brand_id IS NULL OR l.brand_id = filtered_products.brand_id)
       AND (filtered_products.brand IS NULL OR l.brand_id = ANY (ARRAY(
               SELECT b.id FROM brands_named(filtered_products.brand) AS b (id))))
       AND (filtered_products.min_minor IS NULL OR l.buyer_minor >= filtered_products.min_minor)
       AND (filtered_products.max_minor IS NULL OR l.buyer_minor <= filtered_products.max_minor)
       AND (filtered_products.in_stock IS NULL OR l.in_stock = filtered_products.in_stock)
       AND (filtered_products.on_sale IS NULL OR l.on_sale = filtered_products.on_sale)
       AND (filtered_products.featured IS NULL OR l.is_featured = filtered_products.featured)
       AND (filtered_products.gtin IS NULL OR l.product_id = ANY (ARRAY(
               SELECT v.product_id FROM variants v
                WHERE v.gtin = filtered_products.gtin AND v.deleted_at IS NULL)))
       AND (filtered_products.attributes IS NULL OR l.attributes @> filtered_products.attributes)
$function$;

-- ── migrations/000006_vectors.up.sql ─────────────────────────────────────────────────────────────

CREATE TABLE embedding_models (
    id         smallint NOT NULL GENERATED ALWAYS AS IDENTITY,
    name       text NOT NULL,
    state      text NOT NULL DEFAULT 'building',
    run        text,
    run_until  timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    CONSTRAINT embedding_models_pkey PRIMARY KEY (id),
    CONSTRAINT embedding_models_name_key UNIQUE (name),
    CONSTRAINT embedding_models_state_check CHECK (state = ANY (ARRAY['building', 'active', 'retired']))
);
CREATE UNIQUE INDEX embedding_models_active_idx ON embedding_models ((true)) WHERE (state = 'active');

CREATE TABLE category_embeddings (
    model_id      smallint NOT NULL,
    category_id   bigint NOT NULL,
    document_hash bytea NOT NULL,
    base          vector(768) NOT NULL,
    embedded_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT category_embeddings_pkey PRIMARY KEY (model_id, category_id),
    CONSTRAINT category_embeddings_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories(id) ON DELETE CASCADE,
    CONSTRAINT category_embeddings_model_id_fkey FOREIGN KEY (model_id) REFERENCES embedding_models(id) ON DELETE CASCADE
);

CREATE TABLE product_embeddings (
    model_id      smallint NOT NULL,
    product_id    bigint NOT NULL,
    category_id   bigint,
    document_hash bytea NOT NULL,
    category_hash bytea,
    base          vector(768) NOT NULL,
    embedding     halfvec(768) NOT NULL,
    code          bit(768) NOT NULL GENERATED ALWAYS AS (binary_quantize(embedding)) STORED,
    embedded_at   timestamptz NOT NULL,
    CONSTRAINT product_embeddings_pkey PRIMARY KEY (model_id, product_id),
    CONSTRAINT product_embeddings_model_id_fkey FOREIGN KEY (model_id) REFERENCES embedding_models(id) ON DELETE CASCADE,
    CONSTRAINT product_embeddings_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE
);
CREATE INDEX product_embeddings_code_idx ON product_embeddings (model_id, category_id) INCLUDE (product_id, code);
CREATE INDEX product_embeddings_nearest_idx ON product_embeddings USING hnsw (embedding halfvec_cosine_ops);
CREATE INDEX product_embeddings_product_id_idx ON product_embeddings (product_id);

CREATE TABLE embedding_failures (
    product_id bigint NOT NULL,
    attempts   integer NOT NULL DEFAULT 1,
    reason     text NOT NULL,
    failed_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT embedding_failures_pkey PRIMARY KEY (product_id),
    CONSTRAINT embedding_failures_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE
);

CREATE TABLE index_runs (
    id            bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    model_id      smallint NOT NULL,
    kind          text NOT NULL,
    total         integer NOT NULL DEFAULT 0,
    done          integer NOT NULL DEFAULT 0,
    made          integer NOT NULL DEFAULT 0,
    blended       integer NOT NULL DEFAULT 0,
    failed        integer NOT NULL DEFAULT 0,
    started_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    waiting_until timestamptz,
    finished_at   timestamptz,
    problem       text,
    CONSTRAINT index_runs_pkey PRIMARY KEY (id),
    CONSTRAINT index_runs_model_id_fkey FOREIGN KEY (model_id) REFERENCES embedding_models(id) ON DELETE CASCADE,
    CONSTRAINT index_runs_kind_check CHECK (kind = ANY (ARRAY['products', 'categories']))
);
CREATE UNIQUE INDEX index_runs_open_idx ON index_runs (model_id, kind) WHERE (finished_at IS NULL);

CREATE TABLE model_usage (
    day           date NOT NULL,
    provider      text NOT NULL,
    calls         bigint NOT NULL DEFAULT 0,
    input_tokens  bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    CONSTRAINT model_usage_pkey PRIMARY KEY (day, provider)
);

CREATE OR REPLACE FUNCTION blend(product vector, category vector)
 RETURNS halfvec
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT CASE WHEN category IS NULL THEN l2_normalize(product)::halfvec
           ELSE l2_normalize(l2_normalize(product) * array_fill(0.8::real, ARRAY[768])::vector
                           + l2_normalize(category) * array_fill(0.2::real, ARRAY[768])::vector)::halfvec END
$function$;

CREATE OR REPLACE FUNCTION eligible_products(min_minor bigint, max_minor bigint, discounted boolean, with_attributes jsonb, in_categories bigint[], of_brands bigint[], among bigint[])
 RETURNS SETOF product_listings
 LANGUAGE sql
 STABLE
AS $function$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible AND l.in_stock
       AND (min_minor IS NULL OR l.buyer_minor >= min_minor)
       AND (max_minor IS NULL OR l.buyer_minor <= max_minor)
       AND (discounted IS NULL OR l.on_sale = discounted)
       AND (with_attributes IS NULL OR l.attributes @> with_attributes OR l.product_id = ANY (ARRAY(
               SELECT v.product_id FROM variants v
                WHERE v.deleted_at IS NULL AND v.options <> '{}' AND v.stock > 0 AND v.options @> with_attributes)))
       AND (cardinality(in_categories) = 0 OR l.category_id = ANY (in_categories))
       AND (cardinality(of_brands) = 0 OR l.brand_id = ANY (of_brands))
       AND (cardinality(among) = 0 OR l.product_id = ANY (among))
$function$;

-- ── migrations/000007_inventory.up.sql ───────────────────────────────────────────────────────────

CREATE TABLE stock_locations (
    id         bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    code       text NOT NULL,
    name       text NOT NULL,
    "position" integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_locations_pkey PRIMARY KEY (id),
    CONSTRAINT stock_locations_code_key UNIQUE (code),
    CONSTRAINT stock_locations_code_check CHECK (code ~ '^[a-z0-9][a-z0-9_-]*$')
);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON stock_locations FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('location', 'id', 'name', '{}', '{}', '{}');

CREATE TABLE stock_levels (
    variant_id  bigint NOT NULL,
    location_id bigint NOT NULL,
    quantity    integer NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_levels_pkey PRIMARY KEY (variant_id, location_id),
    CONSTRAINT stock_levels_location_id_fkey FOREIGN KEY (location_id) REFERENCES stock_locations(id),
    CONSTRAINT stock_levels_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES variants(id) ON DELETE CASCADE,
    CONSTRAINT stock_levels_quantity_check CHECK (quantity >= 0)
) WITH (fillfactor=85);
CREATE INDEX stock_levels_location_idx ON stock_levels (location_id);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON stock_levels FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('stock', 'variant_id', '', '{}', '{}', '{location_id}');
CREATE TRIGGER stock_levels_inserted AFTER INSERT ON stock_levels REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_levels_changed();
CREATE TRIGGER stock_levels_updated AFTER UPDATE ON stock_levels REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_levels_changed();

CREATE TABLE stock_movements (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL DEFAULT now(),
    variant_id  bigint NOT NULL,
    location_id bigint NOT NULL,
    delta       integer NOT NULL,
    quantity    integer NOT NULL,
    reason      text NOT NULL,
    reference   text NOT NULL DEFAULT '',
    actor_id    bigint,
    CONSTRAINT stock_movements_pkey PRIMARY KEY (id),
    CONSTRAINT stock_movements_location_id_fkey FOREIGN KEY (location_id) REFERENCES stock_locations(id),
    CONSTRAINT stock_movements_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES variants(id),
    CONSTRAINT stock_movements_delta_check CHECK (delta <> 0),
    CONSTRAINT stock_movements_quantity_check CHECK (quantity >= 0),
    CONSTRAINT stock_movements_reason_check CHECK (reason = ANY (ARRAY['initial', 'count', 'received', 'returned', 'damaged', 'lost', 'transfer', 'correction', 'import', 'sale', 'release']))
);
CREATE INDEX stock_movements_reference_idx ON stock_movements (reference) WHERE (reference <> '');
CREATE INDEX stock_movements_sales_idx ON stock_movements (at, variant_id) INCLUDE (delta) WHERE (reason = ANY (ARRAY['sale', 'release']));
CREATE INDEX stock_movements_variant_idx ON stock_movements (variant_id, id);
CREATE TRIGGER stock_movements_are_final BEFORE DELETE OR UPDATE OR TRUNCATE ON stock_movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE stock_alerts (
    id         bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    variant_id bigint NOT NULL,
    level      text NOT NULL,
    stock      integer NOT NULL,
    raised_at  timestamptz NOT NULL DEFAULT now(),
    cleared_at timestamptz,
    CONSTRAINT stock_alerts_pkey PRIMARY KEY (id),
    CONSTRAINT stock_alerts_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES variants(id) ON DELETE CASCADE,
    CONSTRAINT stock_alerts_level_check CHECK (level = ANY (ARRAY['low', 'out']))
);
CREATE UNIQUE INDEX stock_alerts_open_key ON stock_alerts (variant_id) WHERE (cleared_at IS NULL);
CREATE INDEX stock_alerts_raised_idx ON stock_alerts (raised_at, id);

CREATE OR REPLACE FUNCTION stock_levels_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE products bigint[];
BEGIN
    PERFORM FROM variants WHERE id IN (SELECT variant_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
    PERFORM set_config('shopd.moves_stock', 'yes', true);
    UPDATE variants v SET stock = s.quantity
      FROM (SELECT variant_id, sum(quantity)::integer AS quantity FROM stock_levels
             WHERE variant_id IN (SELECT variant_id FROM changed) GROUP BY variant_id) s
     WHERE v.id = s.variant_id AND v.stock <> s.quantity;
    PERFORM set_config('shopd.moves_stock', '', true);
    SELECT array_agg(DISTINCT product_id) INTO products FROM variants WHERE id IN (SELECT variant_id FROM changed);
    PERFORM FROM product_listings WHERE product_id = ANY (products) ORDER BY product_id FOR NO KEY UPDATE;
    UPDATE product_listings l SET stock = s.stock
      FROM (SELECT product_id, sum(stock) AS stock FROM variants
             WHERE product_id = ANY (products) AND deleted_at IS NULL GROUP BY product_id) s
     WHERE l.product_id = s.product_id AND l.stock <> s.stock;
    RETURN NULL;
END $function$;

-- ── migrations/000008_orders.up.sql ──────────────────────────────────────────────────────────────

CREATE TABLE carts (
    id         bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id    bigint,
    token_hash bytea,
    version    bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT carts_pkey PRIMARY KEY (id),
    CONSTRAINT carts_token_key UNIQUE (token_hash),
    CONSTRAINT carts_user_key UNIQUE (user_id),
    CONSTRAINT carts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT carts_check CHECK ((user_id IS NULL) <> (token_hash IS NULL)),
    CONSTRAINT carts_token_hash_check CHECK (length(token_hash) = 32)
);
CREATE INDEX carts_guests_idx ON carts (updated_at) WHERE (user_id IS NULL);

CREATE TABLE cart_lines (
    cart_id     bigint NOT NULL,
    variant_id  bigint NOT NULL,
    quantity    integer NOT NULL,
    price_minor bigint NOT NULL,
    added_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT cart_lines_pkey PRIMARY KEY (cart_id, variant_id),
    CONSTRAINT cart_lines_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES carts(id) ON DELETE CASCADE,
    CONSTRAINT cart_lines_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES variants(id) ON DELETE CASCADE,
    CONSTRAINT cart_lines_quantity_check CHECK (quantity >= 1 AND quantity <= 10000)
);
CREATE INDEX cart_lines_added_idx ON cart_lines (added_at) INCLUDE (cart_id);
CREATE INDEX cart_lines_variant_idx ON cart_lines (variant_id);

CREATE TABLE orders (
    id                bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number            text NOT NULL,
    user_id           bigint NOT NULL,
    status            text NOT NULL,
    total_minor       bigint NOT NULL,
    shipping_address  jsonb,
    billing_address   jsonb,
    payment_method_id bigint,
    note              text,
    version           bigint NOT NULL DEFAULT 1,
    expires_at        timestamptz NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_pkey PRIMARY KEY (id),
    CONSTRAINT orders_number_key UNIQUE (number),
    CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT orders_status_check CHECK (status = ANY (ARRAY['PENDING', 'PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED'])),
    CONSTRAINT orders_total_minor_check CHECK (total_minor >= 0)
);
CREATE INDEX orders_created_idx ON orders (created_at, id);
CREATE INDEX orders_status_idx ON orders (status, id);
CREATE INDEX orders_unpaid_idx ON orders (expires_at) WHERE (status = 'PENDING');
CREATE INDEX orders_user_idx ON orders (user_id, id);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON orders FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('order', 'id', 'number', '{shipping_address,billing_address,note}', '{}', '{}');

CREATE TABLE order_lines (
    order_id    bigint NOT NULL,
    "position"  integer NOT NULL,
    product_id  bigint NOT NULL,
    variant_id  bigint NOT NULL,
    name        text NOT NULL,
    sku         text NOT NULL,
    options     jsonb NOT NULL,
    quantity    integer NOT NULL,
    unit_minor  bigint NOT NULL,
    total_minor bigint NOT NULL,
    is_tracked  boolean NOT NULL,
    CONSTRAINT order_lines_pkey PRIMARY KEY (order_id, "position"),
    CONSTRAINT order_lines_variant_key UNIQUE (order_id, variant_id),
    CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT order_lines_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES variants(id),
    CONSTRAINT order_lines_check CHECK (total_minor = (unit_minor * quantity)),
    CONSTRAINT order_lines_quantity_check CHECK (quantity > 0),
    CONSTRAINT order_lines_unit_minor_check CHECK (unit_minor >= 0)
);
CREATE INDEX order_lines_product_idx ON order_lines (product_id, order_id);
CREATE INDEX order_lines_variant_idx ON order_lines (variant_id);

CREATE TABLE order_history (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    order_id    bigint NOT NULL,
    from_status text,
    to_status   text NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id    bigint,
    note        text NOT NULL DEFAULT '',
    CONSTRAINT order_history_pkey PRIMARY KEY (id),
    CONSTRAINT order_history_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
);
CREATE INDEX order_history_order_idx ON order_history (order_id, id);
CREATE TRIGGER order_history_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON order_history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE shipments (
    order_id        bigint NOT NULL,
    status          text NOT NULL,
    carrier         text NOT NULL,
    tracking_number text NOT NULL,
    tracking_url    text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT shipments_pkey PRIMARY KEY (order_id),
    CONSTRAINT shipments_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT shipments_status_check CHECK (status = ANY (ARRAY['preparing', 'in_transit', 'out_for_delivery', 'delivered', 'failed', 'returned']))
);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON shipments FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('shipment', 'order_id', 'tracking_number', '{}', '{}', '{}');

CREATE TABLE shipment_events (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    order_id    bigint NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    status      text NOT NULL,
    location    text,
    description text NOT NULL DEFAULT '',
    CONSTRAINT shipment_events_pkey PRIMARY KEY (id),
    CONSTRAINT shipment_events_order_id_fkey FOREIGN KEY (order_id) REFERENCES shipments(order_id)
);
CREATE INDEX shipment_events_order_idx ON shipment_events (order_id, at, id);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON shipment_events FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('shipment_event', 'order_id', '', '{}', '{}', '{}');

CREATE TABLE product_pairs (
    product_id bigint NOT NULL,
    other_id   bigint NOT NULL,
    buyers     integer NOT NULL,
    score      real NOT NULL,
    CONSTRAINT product_pairs_pkey PRIMARY KEY (product_id, other_id),
    CONSTRAINT product_pairs_other_id_fkey FOREIGN KEY (other_id) REFERENCES products(id) ON DELETE CASCADE,
    CONSTRAINT product_pairs_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE
);
CREATE INDEX product_pairs_other_idx ON product_pairs (other_id);
CREATE INDEX product_pairs_score_idx ON product_pairs (product_id, score DESC, other_id);

-- ── migrations/000009_payments.up.sql ────────────────────────────────────────────────────────────

CREATE TABLE payment_types (
    code       text NOT NULL,
    name       text NOT NULL,
    "position" integer NOT NULL,
    is_active  boolean NOT NULL DEFAULT true,
    CONSTRAINT payment_types_pkey PRIMARY KEY (code),
    CONSTRAINT payment_types_code_check CHECK (code ~ '^[a-z][a-z0-9_]*$')
);

CREATE TABLE payments (
    id                  bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    order_id            bigint NOT NULL,
    user_id             bigint NOT NULL,
    amount_minor        bigint NOT NULL,
    currency            text NOT NULL,
    provider            text NOT NULL,
    payment_type        text NOT NULL,
    attempt_key         text NOT NULL,
    request_key         bytea,
    provider_payment_id text,
    status              text NOT NULL,
    is_surplus          boolean NOT NULL DEFAULT false,
    decline_code        text,
    decline_message     text,
    method_brand        text,
    method_last_four    text,
    refunded_minor      bigint NOT NULL DEFAULT 0,
    attempted_at        timestamptz NOT NULL DEFAULT now(),
    asked_at            timestamptz NOT NULL DEFAULT now(),
    checked_at          timestamptz NOT NULL DEFAULT now(),
    settled_at          timestamptz,
    CONSTRAINT payments_pkey PRIMARY KEY (id),
    CONSTRAINT payments_attempt_key UNIQUE (attempt_key),
    CONSTRAINT payments_provider_key UNIQUE (provider, provider_payment_id),
    CONSTRAINT payments_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT payments_payment_type_fkey FOREIGN KEY (payment_type) REFERENCES payment_types(code),
    CONSTRAINT payments_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT payments_amount_minor_check CHECK (amount_minor > 0),
    CONSTRAINT payments_check CHECK (refunded_minor >= 0 AND refunded_minor <= amount_minor),
    CONSTRAINT payments_check1 CHECK ((status = ANY (ARRAY['paid', 'refunded'])) OR refunded_minor = 0),
    CONSTRAINT payments_check2 CHECK ((status = 'pending') = (settled_at IS NULL)),
    CONSTRAINT payments_status_check CHECK (status = ANY (ARRAY['pending', 'paid', 'failed', 'refunded']))
);
CREATE UNIQUE INDEX payments_live_key ON payments (order_id) WHERE ((status = ANY (ARRAY['pending', 'paid', 'refunded'])) AND (NOT is_surplus));
CREATE INDEX payments_order_idx ON payments (order_id, id);
CREATE INDEX payments_pending_idx ON payments (checked_at) WHERE (status = 'pending');
CREATE INDEX payments_received_idx ON payments (settled_at) INCLUDE (order_id, user_id, amount_minor, refunded_minor) WHERE ((status = ANY (ARRAY['paid', 'refunded'])) AND (NOT is_surplus));
CREATE INDEX payments_user_idx ON payments (user_id, id);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON payments FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('payment', 'id', '', '{attempt_key,request_key}', '{asked_at,checked_at,attempted_at}', '{order_id}');

CREATE TABLE refunds (
    id                 bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    payment_id         bigint NOT NULL,
    amount_minor       bigint NOT NULL,
    status             text NOT NULL,
    key                text NOT NULL,
    request_key        bytea,
    provider_refund_id text,
    reason             text NOT NULL,
    actor_id           bigint,
    cancels_order      boolean NOT NULL DEFAULT false,
    created_at         timestamptz NOT NULL DEFAULT now(),
    checked_at         timestamptz NOT NULL DEFAULT now(),
    settled_at         timestamptz,
    CONSTRAINT refunds_pkey PRIMARY KEY (id),
    CONSTRAINT refunds_key UNIQUE (key),
    CONSTRAINT refunds_provider_key UNIQUE (provider_refund_id),
    CONSTRAINT refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(id),
    CONSTRAINT refunds_amount_minor_check CHECK (amount_minor > 0),
    CONSTRAINT refunds_check CHECK ((status = 'pending') = (settled_at IS NULL)),
    CONSTRAINT refunds_status_check CHECK (status = ANY (ARRAY['pending', 'done', 'failed']))
);
CREATE INDEX refunds_payment_idx ON refunds (payment_id, id);
CREATE INDEX refunds_pending_idx ON refunds (checked_at) WHERE (status = 'pending');
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON refunds FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('refund', 'id', '', '{key,request_key}', '{checked_at}', '{payment_id}');

CREATE TABLE payment_methods (
    id                   bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id              bigint NOT NULL,
    provider             text NOT NULL,
    provider_method_id   text NOT NULL,
    provider_customer_id text NOT NULL,
    payment_type         text NOT NULL,
    brand                text NOT NULL,
    last_four            text NOT NULL,
    exp_month            integer,
    exp_year             integer,
    is_default           boolean NOT NULL DEFAULT false,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    removed_at           timestamptz,
    CONSTRAINT payment_methods_pkey PRIMARY KEY (id),
    CONSTRAINT payment_methods_provider_key UNIQUE (provider, provider_method_id),
    CONSTRAINT payment_methods_payment_type_fkey FOREIGN KEY (payment_type) REFERENCES payment_types(code),
    CONSTRAINT payment_methods_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT payment_methods_check CHECK (removed_at IS NULL OR NOT is_default),
    CONSTRAINT payment_methods_last_four_check CHECK (length(last_four) <= 4)
);
CREATE UNIQUE INDEX payment_methods_default_key ON payment_methods (user_id) WHERE is_default;
CREATE INDEX payment_methods_removed_idx ON payment_methods (removed_at) WHERE (removed_at IS NOT NULL);
CREATE INDEX payment_methods_user_idx ON payment_methods (user_id, id);

CREATE TABLE payment_events (
    provider    text NOT NULL,
    event_id    text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payment_events_pkey PRIMARY KEY (provider, event_id)
);
CREATE INDEX payment_events_received_idx ON payment_events (received_at);

-- VIEW payment_details (
--     id           bigint
--     order_id     bigint
--     user_id      bigint
--     status       text
--     provider     text
--     attempted_at timestamptz
--     details      json
-- )

-- ── migrations/000010_reviews.up.sql ─────────────────────────────────────────────────────────────

CREATE TABLE reviews (
    id         bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    product_id bigint NOT NULL,
    user_id    bigint NOT NULL,
    rating     smallint NOT NULL,
    title      text NOT NULL DEFAULT '',
    body       text NOT NULL DEFAULT '',
    author     text NOT NULL,
    is_hidden  boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reviews_pkey PRIMARY KEY (id),
    CONSTRAINT reviews_once_key UNIQUE (product_id, user_id),
    CONSTRAINT reviews_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT reviews_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT reviews_rating_check CHECK (rating >= 1 AND rating <= 5)
);
CREATE INDEX reviews_created_idx ON reviews (created_at, id);
CREATE INDEX reviews_product_idx ON reviews (product_id, created_at, id) WHERE (NOT is_hidden);
CREATE INDEX reviews_rating_idx ON reviews (product_id, rating, created_at, id) WHERE (NOT is_hidden);
CREATE INDEX reviews_user_id_idx ON reviews (user_id);
CREATE TRIGGER reviews_added_or_removed AFTER INSERT OR DELETE ON reviews FOR EACH ROW EXECUTE FUNCTION reviews_changed();
CREATE TRIGGER reviews_updated AFTER UPDATE ON reviews FOR EACH ROW WHEN (old.rating IS DISTINCT FROM new.rating OR old.is_hidden IS DISTINCT FROM new.is_hidden) EXECUTE FUNCTION reviews_changed();

-- VIEW review_details (
--     id                   bigint
--     product_id           bigint
--     user_id              bigint
--     rating               smallint
--     title                text
--     body                 text
--     author               text
--     is_hidden            boolean
--     created_at           timestamptz
--     updated_at           timestamptz
--     is_verified_purchase boolean
-- )

CREATE OR REPLACE FUNCTION reviews_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    of_product bigint;
    count integer := 0;
    stars bigint := 0;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        of_product := NEW.product_id;
        IF NOT NEW.is_hidden THEN
            count := count + 1;
            stars := stars + NEW.rating;
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        of_product := OLD.product_id;
        IF NOT OLD.is_hidden THEN
            count := count - 1;
            stars := stars - OLD.rating;
        END IF;
    END IF;
    UPDATE product_listings l SET rating_count = l.rating_count + count, rating_sum = l.rating_sum + stars
     WHERE l.product_id = of_product;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION has_bought(by_user bigint, what bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT FROM orders o JOIN order_lines l ON l.order_id = o.id
                    WHERE o.user_id = by_user AND o.status IN ('PAID', 'SHIPPED', 'DELIVERED') AND l.product_id = what)
$function$;

-- ── migrations/000011_feeds.up.sql ───────────────────────────────────────────────────────────────

CREATE TABLE imports (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id     bigint,
    status      text NOT NULL DEFAULT 'queued',
    message     text,
    source      text NOT NULL,
    url         text,
    file        text,
    encoding    text,
    is_guessed  boolean NOT NULL DEFAULT false,
    format      text,
    is_utf8     boolean NOT NULL DEFAULT false,
    size        bigint NOT NULL DEFAULT 0,
    delimiter   text,
    dry_run     boolean NOT NULL,
    images      boolean NOT NULL,
    batch_size  integer NOT NULL,
    allow_free  boolean NOT NULL DEFAULT false,
    attributes  text[] NOT NULL DEFAULT '{}'[],
    image_base  text,
    "position"  bigint NOT NULL DEFAULT 0,
    line        bigint NOT NULL DEFAULT 1,
    "row"       bigint NOT NULL DEFAULT 1,
    repeated    bigint[] NOT NULL DEFAULT '{}'::bigint[],
    met         bigint[] NOT NULL DEFAULT '{}'::bigint[],
    rows_total  bigint,
    created     bigint NOT NULL DEFAULT 0,
    updated     bigint NOT NULL DEFAULT 0,
    unchanged   bigint NOT NULL DEFAULT 0,
    failed      bigint NOT NULL DEFAULT 0,
    warnings    bigint NOT NULL DEFAULT 0,
    runner      text,
    alive_at    timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    started_at  timestamptz,
    finished_at timestamptz,
    CONSTRAINT imports_pkey PRIMARY KEY (id),
    CONSTRAINT imports_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT imports_batch_size_check CHECK (batch_size > 0),
    CONSTRAINT imports_check CHECK ((status = ANY (ARRAY['completed', 'failed', 'cancelled'])) = (finished_at IS NOT NULL)),
    CONSTRAINT imports_status_check CHECK (status = ANY (ARRAY['queued', 'running', 'completed', 'failed', 'cancelled']))
);
CREATE INDEX imports_open_idx ON imports (id) WHERE (finished_at IS NULL);
CREATE INDEX imports_user_idx ON imports (user_id, id);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON imports FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('import', 'id', 'source', '{}', '{url,file,encoding,is_guessed,format,is_utf8,size,delimiter,position,line,row,repeated,met,rows_total,created,updated,unchanged,failed,warnings,runner,alive_at,started_at}', '{}');

CREATE TABLE import_errors (
    import_id   bigint NOT NULL,
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    "row"       bigint NOT NULL,
    line        bigint NOT NULL,
    column_name text,
    message     text NOT NULL,
    is_warning  boolean NOT NULL,
    CONSTRAINT import_errors_pkey PRIMARY KEY (import_id, id),
    CONSTRAINT import_errors_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports(id) ON DELETE CASCADE
);

CREATE TABLE feed_items (
    feed_id    text NOT NULL,
    variant_id bigint NOT NULL,
    CONSTRAINT feed_items_pkey PRIMARY KEY (feed_id),
    CONSTRAINT feed_items_variant_key UNIQUE (variant_id),
    CONSTRAINT feed_items_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES variants(id) ON DELETE CASCADE
);

CREATE TABLE feed_groups (
    group_id   text NOT NULL,
    product_id bigint NOT NULL,
    CONSTRAINT feed_groups_pkey PRIMARY KEY (group_id),
    CONSTRAINT feed_groups_product_key UNIQUE (product_id),
    CONSTRAINT feed_groups_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE
);

CREATE TABLE feed_images (
    image_id   bigint NOT NULL,
    product_id bigint NOT NULL,
    url        text NOT NULL,
    CONSTRAINT feed_images_pkey PRIMARY KEY (image_id),
    CONSTRAINT feed_images_url_key UNIQUE (product_id, url),
    CONSTRAINT feed_images_image_id_fkey FOREIGN KEY (image_id) REFERENCES product_images(id) ON DELETE CASCADE,
    CONSTRAINT feed_images_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id) ON DELETE CASCADE
);

-- ── migrations/000012_events.up.sql ──────────────────────────────────────────────────────────────

CREATE TABLE events (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind        text NOT NULL,
    object_type text NOT NULL,
    object_id   bigint NOT NULL,
    data        jsonb NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    told_at     timestamptz,
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_kind_check CHECK (kind ~ '^[a-z]+\.[a-z_]+$')
);
CREATE INDEX events_at_idx ON events USING brin (at) WITH (autosummarize='on');
CREATE INDEX events_untold_idx ON events (id) WHERE (told_at IS NULL);

CREATE TABLE webhooks (
    id               bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    url              text NOT NULL,
    description      text NOT NULL DEFAULT '',
    events           text[] NOT NULL,
    is_active        boolean NOT NULL DEFAULT true,
    disabled_reason  text,
    disabled_at      timestamptz,
    failing_since    timestamptz,
    secret           bytea NOT NULL,
    old_secret       bytea,
    old_secret_until timestamptz,
    version          bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhooks_pkey PRIMARY KEY (id),
    CONSTRAINT webhooks_check CHECK (NOT is_active OR disabled_reason IS NULL),
    CONSTRAINT webhooks_disabled_reason_check CHECK (disabled_reason = ANY (ARRAY['gone', 'failing'])),
    CONSTRAINT webhooks_events_check CHECK (cardinality(events) > 0)
);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON webhooks FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('webhook', 'id', 'url', '{secret,old_secret}', '{failing_since}', '{}');

CREATE TABLE webhook_deliveries (
    id              bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    webhook_id      bigint NOT NULL,
    event_id        bigint NOT NULL,
    object_type     text NOT NULL,
    object_id       bigint NOT NULL,
    status          text NOT NULL DEFAULT 'pending',
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz DEFAULT now(),
    leased_until    timestamptz,
    attempted_at    timestamptz,
    delivered_at    timestamptz,
    response_status integer,
    response_body   text,
    error           text,
    duration_ms     integer,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_deliveries_event_key UNIQUE (webhook_id, event_id),
    CONSTRAINT webhook_deliveries_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_check CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
    CONSTRAINT webhook_deliveries_status_check CHECK (status = ANY (ARRAY['pending', 'delivered', 'failed']))
);
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (webhook_id, next_attempt_at) WHERE (status = 'pending');
CREATE INDEX webhook_deliveries_leased_idx ON webhook_deliveries (webhook_id) WHERE (leased_until IS NOT NULL);
CREATE INDEX webhook_deliveries_object_idx ON webhook_deliveries (webhook_id, object_type, object_id, event_id) WHERE (status = 'pending');
CREATE INDEX webhook_deliveries_of_event_idx ON webhook_deliveries (event_id);
CREATE INDEX webhook_deliveries_webhook_idx ON webhook_deliveries (webhook_id, id);

CREATE OR REPLACE FUNCTION stock_event(of_variant bigint, is_level text, units integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
    SELECT jsonb_build_object('variant_id', v.id, 'product_id', v.product_id, 'sku', v.sku, 'gtin', v.gtin, 'options', v.options,
                              'product_name', p.name, 'level', is_level, 'stock', units)
      FROM variants v JOIN products p ON p.id = v.product_id WHERE v.id = of_variant
$function$;

-- ── migrations/000013_operations.up.sql ──────────────────────────────────────────────────────────

CREATE TABLE idempotency_keys (
    user_id      bigint NOT NULL,
    operation    text NOT NULL,
    key          text NOT NULL,
    fingerprint  bytea NOT NULL,
    status       integer,
    body         bytea,
    attempt      bigint NOT NULL DEFAULT 1,
    leased_until timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, operation, key),
    CONSTRAINT idempotency_keys_check CHECK ((status IS NULL) = (body IS NULL)),
    CONSTRAINT idempotency_keys_check1 CHECK (status IS NOT NULL OR leased_until IS NOT NULL),
    CONSTRAINT idempotency_keys_fingerprint_check CHECK (length(fingerprint) = 32),
    CONSTRAINT idempotency_keys_key_check CHECK (length(key) >= 1 AND length(key) <= 255)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

CREATE OR REPLACE FUNCTION day_start(day date, zone text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    SELECT day::timestamp AT TIME ZONE zone
$function$;

CREATE OR REPLACE FUNCTION days_of(first date, until date)
 RETURNS SETOF date
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    SELECT first + n FROM generate_series(0, until - first - 1) AS n
$function$;

-- ── migrations/000014_api_keys.up.sql ────────────────────────────────────────────────────────────

CREATE TABLE api_keys (
    id                bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    name              text NOT NULL,
    hint              text NOT NULL,
    key_hash          bytea NOT NULL,
    old_key_hash      bytea,
    old_key_until     timestamptz,
    scopes            text[] NOT NULL,
    networks          cidr[] NOT NULL DEFAULT '{}'::cidr[],
    calls_per_minute  integer,
    expires_at        timestamptz,
    created_by        bigint,
    last_used_at      timestamptz,
    last_used_address inet,
    revoked_at        timestamptz,
    version           bigint NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
    CONSTRAINT api_keys_old_key_hash_key UNIQUE (old_key_hash),
    CONSTRAINT api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES users(id),
    CONSTRAINT api_keys_calls_per_minute_check CHECK (calls_per_minute > 0),
    CONSTRAINT api_keys_check CHECK ((old_key_hash IS NULL) = (old_key_until IS NULL)),
    CONSTRAINT api_keys_key_hash_check CHECK (length(key_hash) = 32),
    CONSTRAINT api_keys_old_key_hash_check CHECK (length(old_key_hash) = 32),
    CONSTRAINT api_keys_scopes_check CHECK (cardinality(scopes) > 0)
);
CREATE INDEX api_keys_living_idx ON api_keys (id) WHERE (revoked_at IS NULL);
CREATE TRIGGER audited AFTER INSERT OR DELETE OR UPDATE ON api_keys FOR EACH ROW WHEN (current_setting('shopd.audit', true) <> '') EXECUTE FUNCTION audit_change('api_key', 'id', 'name', '{key_hash,old_key_hash}', '{last_used_at,last_used_address}', '{}');
