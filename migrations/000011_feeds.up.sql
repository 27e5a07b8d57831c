-- Files of products that are or were imported. A row is updated with each batch of the file, in the
-- transaction that writes the batch. After a crash, another process resumes at exactly that byte.
CREATE TABLE imports (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint REFERENCES users,           -- null: the command line
    status      text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    message     text,                              -- why it failed
    source      text NOT NULL,                     -- the name of the file, for people
    url         text,                              -- where to fetch it; null: it was uploaded
    file        text,                              -- its name in the storage, until the end
    encoding    text,                              -- of the original file
    is_guessed  boolean NOT NULL DEFAULT false,    -- the encoding was guessed from the letters
    format      text,                              -- the program whose export it is
    is_utf8     boolean NOT NULL DEFAULT false,    -- the stored file is UTF-8, maybe translated
    size        bigint NOT NULL DEFAULT 0,         -- bytes of the stored file
    delimiter   text,
    dry_run     boolean NOT NULL,
    images      boolean NOT NULL,
    batch_size  integer NOT NULL CHECK (batch_size > 0),
    allow_free  boolean NOT NULL DEFAULT false,    -- prices may be 0
    attributes  text[] NOT NULL DEFAULT '{}',      -- columns that become public attributes
    image_base  text,                              -- address before image paths without a server
    position    bigint NOT NULL DEFAULT 0,         -- byte at which the next batch begins
    line        bigint NOT NULL DEFAULT 1,         -- its line
    row         bigint NOT NULL DEFAULT 1,         -- the row before it
    repeated    bigint[] NOT NULL DEFAULT '{}',    -- hashes of keys that several rows have
    met         bigint[] NOT NULL DEFAULT '{}',    -- those of them that were read already
    rows_total  bigint,                            -- null until they are counted
    created     bigint NOT NULL DEFAULT 0,
    updated     bigint NOT NULL DEFAULT 0,
    unchanged   bigint NOT NULL DEFAULT 0,
    failed      bigint NOT NULL DEFAULT 0,
    warnings    bigint NOT NULL DEFAULT 0,
    runner      text,                              -- the worker, which is alive if alive_at is recent
    alive_at    timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    started_at  timestamptz,
    finished_at timestamptz,
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE INDEX imports_user_idx ON imports (user_id, id);
CREATE INDEX imports_open_idx ON imports (id) WHERE finished_at IS NULL;
-- Progress is not logged, and an address may hold a secret: source names it without one.
SELECT audit_table('imports', 'import', label => 'source',
                   left_out => '{url,file,encoding,is_guessed,format,is_utf8,size,delimiter,position,line,row,repeated,met,rows_total,created,updated,unchanged,failed,warnings,runner,alive_at,started_at}');

-- Errors and warnings of rows. The first 1,000 of an import are stored; the import counts all.
CREATE TABLE import_errors (
    import_id   bigint NOT NULL REFERENCES imports ON DELETE CASCADE,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    row         bigint NOT NULL,
    line        bigint NOT NULL,
    column_name text,                              -- null: the whole row
    message     text NOT NULL,
    is_warning  boolean NOT NULL,
    PRIMARY KEY (import_id, id)
);

-- The names that feeds give to variants, products and images.
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
