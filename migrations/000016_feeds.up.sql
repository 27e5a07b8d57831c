-- Files of products that are, or were, imported. A row is written with each batch of the file, in the transaction that
-- writes what the batch holds, so that whoever goes on after a crash knows to the byte where.
CREATE TABLE imports (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint REFERENCES users,           -- null: the command line
    status      text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    message     text,                              -- why it failed
    source      text NOT NULL,                     -- the name of the file, for people
    url         text,                              -- where to fetch it; null: it was uploaded
    file        text,                              -- its name in the storage; null until it is fetched and after the end
    encoding    text,                              -- of the file as it came
    is_utf8     boolean NOT NULL DEFAULT false,    -- the stored file is, perhaps after a translation
    size        bigint NOT NULL DEFAULT 0,         -- bytes of the stored file
    delimiter   text,
    dry_run     boolean NOT NULL,
    images      boolean NOT NULL,
    batch_size  integer NOT NULL CHECK (batch_size > 0),
    position    bigint NOT NULL DEFAULT 0,         -- byte of the stored file at which the next batch begins
    line        bigint NOT NULL DEFAULT 1,         -- and its line
    row         bigint NOT NULL DEFAULT 1,         -- and the row before it
    repeated    bigint[] NOT NULL DEFAULT '{}',    -- hashes of keys that several rows have
    met         bigint[] NOT NULL DEFAULT '{}',    -- those of them that were met
    rows_total  bigint,                            -- null until they are counted
    created     bigint NOT NULL DEFAULT 0,
    updated     bigint NOT NULL DEFAULT 0,
    unchanged   bigint NOT NULL DEFAULT 0,
    failed      bigint NOT NULL DEFAULT 0,
    warnings    bigint NOT NULL DEFAULT 0,
    runner      text,                              -- who works on it, while alive_at is not long ago
    alive_at    timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    started_at  timestamptz,
    finished_at timestamptz,
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE INDEX imports_user_idx ON imports (user_id, id);
CREATE INDEX imports_open_idx ON imports (id) WHERE finished_at IS NULL;

-- What was wrong with rows. The first 1,000 of an import are kept; the import counts all.
CREATE TABLE import_errors (
    import_id  bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    id         bigint GENERATED ALWAYS AS IDENTITY,
    row        bigint NOT NULL,
    line       bigint NOT NULL,
    column_name text,                              -- null: the whole row
    message    text NOT NULL,
    is_warning boolean NOT NULL,
    PRIMARY KEY (import_id, id)
);

-- What feeds call variants, products and images.
CREATE TABLE feed_items (
    feed_id    text PRIMARY KEY,
    variant_id bigint NOT NULL CONSTRAINT feed_items_variant_key UNIQUE REFERENCES variants ON DELETE CASCADE
);
CREATE TABLE feed_groups (
    group_id   text PRIMARY KEY,
    product_id bigint NOT NULL CONSTRAINT feed_groups_product_key UNIQUE REFERENCES products ON DELETE CASCADE
);
CREATE TABLE feed_images (
    image_id   bigint PRIMARY KEY REFERENCES product_images ON DELETE CASCADE,
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    url        text NOT NULL,
    CONSTRAINT feed_images_url_key UNIQUE (product_id, url)
);

-- An import writes products and variants in several statements and refreshes once what is made of them.
CREATE OR REPLACE FUNCTION products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids bigint[];
BEGIN
    IF current_setting('shopd.refreshes_later', true) = 'yes' THEN
        RETURN NULL; -- whoever set it sees to that
    END IF;
    IF TG_TABLE_NAME = 'variants' AND current_setting('shopd.moves_stock', true) = 'yes' THEN
        RETURN NULL; -- stock alone: whoever moves it sees to the listing
    END IF;
    IF TG_TABLE_NAME = 'products' THEN
        SELECT array_agg(id) INTO ids FROM changed;
    ELSE
        SELECT array_agg(DISTINCT product_id) INTO ids FROM changed;
    END IF;
    IF ids IS NOT NULL THEN
        PERFORM refresh_listings(ids);
        -- A sale changes stock alone, which no word depends on.
        IF TG_TABLE_NAME = 'products' OR TG_OP <> 'UPDATE' THEN
            PERFORM refresh_search(ids);
        END IF;
    END IF;
    RETURN NULL;
END $$;
