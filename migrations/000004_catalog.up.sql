-- Facts about the store that must not change once it holds data: the currency of every amount.
CREATE TABLE store (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    currency  char(3) NOT NULL
);

-- Returns the name of a brand or a category as it is compared: in NFC and lower case, without
-- invisible characters, every run of blanks one blank, and typographic apostrophes as '.
-- Imports read names alike (fold in internal/feeds).
CREATE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(btrim(regexp_replace(regexp_replace(
        translate(normalize(name, NFC), '’ʼ‘', ''''''''),
        '[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]', '', 'g'),
        '[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\u3164]+', ' ', 'g')))
$$;

-- version counts the changes that staff made, so that no member of staff overwrites a change of
-- another unseen. A product's version also counts changes of its variants and images, but not
-- sales.
CREATE TABLE brands (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    slug        text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX brands_name_key ON brands (name_key(name));
SELECT audit_table('brands', 'brand', label => 'name');

CREATE TABLE categories (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id   bigint REFERENCES categories,
    name        text NOT NULL,
    slug        text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (parent_id <> id)
);
CREATE INDEX categories_parent_id_idx ON categories (parent_id);
CREATE INDEX categories_name_idx ON categories (name_key(name));
SELECT audit_table('categories', 'category', label => 'name');

-- Returns a category and all categories below it.
CREATE FUNCTION category_tree(root bigint) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 10 AS $$
    WITH RECURSIVE tree AS (
        SELECT root AS id
        UNION
        SELECT c.id FROM categories c JOIN tree t ON c.parent_id = t.id
    )
    SELECT id FROM tree
$$;

CREATE TABLE products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    slug        text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    brand_id    bigint REFERENCES brands,
    category_id bigint REFERENCES categories,
    condition   text NOT NULL DEFAULT 'new' CHECK (condition IN ('new', 'refurbished', 'used')),
    attributes  jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    is_active   boolean NOT NULL DEFAULT true,
    is_featured boolean NOT NULL DEFAULT false,
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX products_brand_id_idx ON products (brand_id);
CREATE INDEX products_category_id_idx ON products (category_id);
SELECT audit_table('products', 'product', label => 'name');

-- Slugs that brands, categories and products had before, so that addresses which others link to
-- lead on for ever. A slug in use beats a former one; of several objects that had it, the last one
-- counts.
CREATE TABLE former_slugs (
    kind      text NOT NULL CHECK (kind IN ('brand', 'category', 'product')),
    slug      text NOT NULL,
    object_id bigint NOT NULL,
    ended_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, slug, object_id)
);
CREATE INDEX former_slugs_object_idx ON former_slugs (kind, object_id);

-- Stores the slug that an object loses, and deletes its former slugs with it.
CREATE FUNCTION slug_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM former_slugs WHERE kind = TG_ARGV[0] AND object_id = old.id;
    ELSE
        DELETE FROM former_slugs WHERE kind = TG_ARGV[0] AND slug = new.slug AND object_id = new.id;
        INSERT INTO former_slugs (kind, slug, object_id) VALUES (TG_ARGV[0], old.slug, old.id)
        ON CONFLICT (kind, slug, object_id) DO UPDATE SET ended_at = excluded.ended_at;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER brands_slug_changed AFTER UPDATE OF slug ON brands
    FOR EACH ROW WHEN (old.slug <> new.slug) EXECUTE FUNCTION slug_ended('brand');
CREATE TRIGGER brands_slug_deleted AFTER DELETE ON brands
    FOR EACH ROW EXECUTE FUNCTION slug_ended('brand');
CREATE TRIGGER categories_slug_changed AFTER UPDATE OF slug ON categories
    FOR EACH ROW WHEN (old.slug <> new.slug) EXECUTE FUNCTION slug_ended('category');
CREATE TRIGGER categories_slug_deleted AFTER DELETE ON categories
    FOR EACH ROW EXECUTE FUNCTION slug_ended('category');
CREATE TRIGGER products_slug_changed AFTER UPDATE OF slug ON products
    FOR EACH ROW WHEN (old.slug <> new.slug) EXECUTE FUNCTION slug_ended('product');
CREATE TRIGGER products_slug_deleted AFTER DELETE ON products
    FOR EACH ROW EXECUTE FUNCTION slug_ended('product');

-- Returns the object that had a slug last, or nothing if none had.
CREATE FUNCTION last_with_slug(of_kind text, given text) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT f.object_id FROM former_slugs f
     WHERE f.kind = of_kind AND f.slug = given
     ORDER BY f.ended_at DESC, f.object_id DESC LIMIT 1
$$;

-- Returns the brand of a name or slug, without regard to case, or else the one that had the slug
-- last.
CREATE FUNCTION brands_named(given text) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 1 AS $$
    WITH found AS (
        SELECT b.id FROM brands b WHERE name_key(b.name) = name_key(given) OR b.slug = lower(given)
    )
    SELECT id FROM found
    UNION ALL
    SELECT l.id FROM last_with_slug('brand', lower(given)) AS l (id) WHERE NOT EXISTS (SELECT FROM found)
$$;

-- Returns the categories of a name or slug, without regard to case, or else the one that had the
-- slug last.
CREATE FUNCTION categories_named(given text) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 2 AS $$
    WITH found AS (
        SELECT c.id FROM categories c WHERE name_key(c.name) = name_key(given) OR c.slug = lower(given)
    )
    SELECT id FROM found
    UNION ALL
    SELECT l.id FROM last_with_slug('category', lower(given)) AS l (id) WHERE NOT EXISTS (SELECT FROM found)
$$;

-- sizes: [{"path": …, "width": …, "height": …}], smallest first. path names a file of the media
-- store.
CREATE TABLE product_images (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    position   integer NOT NULL,
    is_primary boolean NOT NULL,
    alt        text NOT NULL,
    sizes      jsonb NOT NULL CHECK (jsonb_typeof(sizes) = 'array' AND jsonb_array_length(sizes) > 0),
    CONSTRAINT product_images_product_key UNIQUE (product_id, id)
);
CREATE INDEX product_images_product_id_idx ON product_images (product_id, position);
CREATE UNIQUE INDEX product_images_primary_key ON product_images (product_id) WHERE is_primary;
-- Finds the image that uses a file, before the file is deleted.
CREATE INDEX product_images_sizes_idx ON product_images USING gin (sizes jsonb_path_ops);
SELECT audit_table('product_images', 'image', label => 'alt', detail => '{product_id}');

-- Returns a sale price while its period lasts, else null. Without a start it began always, without
-- an end it never ends. The clock is that of the transaction.
CREATE FUNCTION sale_price(minor bigint, starts_at timestamptz, ends_at timestamptz)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN (starts_at IS NULL OR starts_at <= now()) AND (ends_at IS NULL OR now() < ends_at)
                THEN minor END
$$;

-- Returns when a sale price begins or ends next, or null.
CREATE FUNCTION next_sale_turn(minor bigint, starts_at timestamptz, ends_at timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN minor IS NULL THEN NULL
                WHEN now() < starts_at THEN starts_at
                WHEN now() < ends_at THEN ends_at END
$$;

-- What is sold. Every product has at least one variant and exactly one default. A deleted variant
-- stays for the orders that hold it; its sku and GTIN are free again.
CREATE TABLE variants (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id         bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    is_default         boolean NOT NULL,
    position           integer NOT NULL DEFAULT 0,
    sku                text NOT NULL,
    gtin               text CHECK (gtin ~ '^[0-9]{14}$'),
    options            jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
    price_minor        bigint NOT NULL CHECK (price_minor >= 0),
    discount_minor     bigint CHECK (discount_minor >= 0 AND discount_minor < price_minor),
    discount_starts_at timestamptz,          -- null: it has begun
    discount_ends_at   timestamptz,          -- null: it does not end
    stock              integer NOT NULL DEFAULT 0 CHECK (stock >= 0),   -- the sum of its stock levels
    track_inventory    boolean NOT NULL DEFAULT true,                   -- false: always in stock
    image_id           bigint,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    deleted_at         timestamptz,
    CHECK (deleted_at IS NULL OR NOT is_default),
    CONSTRAINT variants_discount_period_check CHECK (discount_starts_at < discount_ends_at),
    CONSTRAINT variants_image_fkey FOREIGN KEY (product_id, image_id)
        REFERENCES product_images (product_id, id) ON DELETE SET NULL (image_id)
);
CREATE INDEX variants_product_id_idx ON variants (product_id, position);
CREATE UNIQUE INDEX variants_default_key ON variants (product_id) WHERE is_default;
CREATE UNIQUE INDEX variants_sku_key ON variants (sku) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX variants_sku_fold_idx ON variants (lower(sku), id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX variants_gtin_key ON variants (gtin) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX variants_options_key ON variants (product_id, options) WHERE deleted_at IS NULL;
-- A question that names an attribute also means products with a variant that has it as an option.
CREATE INDEX variants_options_idx ON variants USING gin (options jsonb_path_ops)
    WHERE deleted_at IS NULL AND options <> '{}';
SELECT audit_table('variants', 'variant', label => 'sku', left_out => '{stock}',
                   detail => '{product_id}');

-- What lists filter, sort and show: one narrow row per product, written by the triggers below.
-- Stock changes with every sale. The row is therefore small, and no index holds the number:
-- in_stock changes when the last unit is sold or the first arrives, not with every sale.
CREATE TABLE product_listings (
    product_id     bigint PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    is_visible     boolean NOT NULL,            -- active and not deleted
    is_featured    boolean NOT NULL,
    category_id    bigint,
    brand_id       bigint,
    sort_name      text NOT NULL,
    sku            text NOT NULL,               -- of the default variant, like gtin and the prices
    gtin           text,
    price_minor    bigint NOT NULL,
    discount_minor bigint,                      -- null: not on sale now
    turns_at       timestamptz,                 -- a sale price of a variant begins or ends: see turn_sales
    buyer_minor    bigint NOT NULL GENERATED ALWAYS AS (coalesce(discount_minor, price_minor)) STORED,
    on_sale        boolean NOT NULL GENERATED ALWAYS AS (discount_minor IS NOT NULL) STORED,
    stock          bigint NOT NULL,             -- of all variants
    is_untracked   boolean NOT NULL DEFAULT false,   -- one of its variants is always in stock
    in_stock       boolean NOT NULL GENERATED ALWAYS AS (stock > 0 OR is_untracked) STORED,
    rating_count   integer NOT NULL DEFAULT 0,
    rating_sum     bigint NOT NULL DEFAULT 0,
    popularity     bigint NOT NULL DEFAULT 0,
    attributes     jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX product_listings_created_idx ON product_listings (created_at, product_id)
    WHERE is_visible;
CREATE INDEX product_listings_price_idx ON product_listings (buyer_minor, product_id)
    WHERE is_visible;
CREATE INDEX product_listings_name_idx ON product_listings (sort_name, product_id) WHERE is_visible;
CREATE INDEX product_listings_popularity_idx ON product_listings (popularity, product_id)
    WHERE is_visible;
CREATE INDEX product_listings_category_idx ON product_listings (category_id, created_at, product_id)
    WHERE is_visible;
CREATE INDEX product_listings_brand_idx ON product_listings (brand_id, created_at, product_id)
    WHERE is_visible;
CREATE INDEX product_listings_featured_idx ON product_listings (created_at, product_id)
    WHERE is_visible AND is_featured;
CREATE INDEX product_listings_offers_idx ON product_listings (created_at, product_id)
    WHERE is_visible AND on_sale;
CREATE INDEX product_listings_attributes_idx ON product_listings
    USING gin (attributes jsonb_path_ops) WHERE is_visible;
CREATE INDEX product_listings_turns_idx ON product_listings (turns_at) WHERE turns_at IS NOT NULL;
-- Counts and facets of a list, and the most popular products of an answer, read this index alone.
CREATE INDEX product_listings_count_idx ON product_listings
    (category_id, brand_id, buyer_minor, in_stock, on_sale, is_featured)
    INCLUDE (product_id, popularity) WHERE is_visible;

-- Rebuilds the listing rows of some products. It locks rows in the order of their ids, so that two
-- transactions that touch the same products in different order wait instead of deadlocking.
CREATE FUNCTION refresh_listings(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
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
END $$;

-- Rebuilds the listings of products with a sale price that began or ended since they were built, up
-- to 5,000, and returns when the next one does, or null. A program that reads prices from listings
-- calls it first, until nothing is overdue; that costs two lookups in product_listings_turns_idx.
-- Of several callers one rebuilds, and the others wait.
CREATE FUNCTION turn_sales() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM product_listings WHERE turns_at <= now()) THEN
        PERFORM pg_advisory_xact_lock(hashtext('shopd.sales.turn'));
        PERFORM refresh_listings(array_agg(due.product_id))
           FROM (SELECT product_id FROM product_listings WHERE turns_at <= now() LIMIT 5000) due;
    END IF;
    RETURN (SELECT min(turns_at) FROM product_listings);
END $$;

-- Rebuilds what lists and searches read of the products that a statement changed. refresh_search is
-- in the migration of the search.
CREATE FUNCTION products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;

CREATE TRIGGER products_inserted AFTER INSERT ON products
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER products_updated AFTER UPDATE ON products
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER variants_inserted AFTER INSERT ON variants
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER variants_updated AFTER UPDATE ON variants
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER variants_deleted AFTER DELETE ON variants
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();

-- A product as lists show it. Every list, search and recommendation selects from here.
CREATE VIEW product_cards AS
SELECT l.product_id, l.is_visible, l.is_featured, l.sku, l.gtin, l.price_minor, l.discount_minor, l.stock, l.in_stock,
       l.rating_count, l.rating_sum, l.created_at, p.updated_at, p.name, p.slug,
       b.id AS brand_id, b.name AS brand_name, b.slug AS brand_slug,
       c.id AS category_id, c.name AS category_name, c.slug AS category_slug,
       i.id AS image_id, i.alt AS image_alt, i.position AS image_position, i.sizes AS image_sizes,
       (SELECT count(*) FROM variants v WHERE v.product_id = l.product_id AND v.deleted_at IS NULL)::integer AS variant_count,
       coalesce((SELECT v.id FROM variants v
                  WHERE v.product_id = l.product_id AND v.deleted_at IS NULL AND v.is_default), 0)::bigint AS default_variant_id
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
  LEFT JOIN brands b ON b.id = l.brand_id
  LEFT JOIN categories c ON c.id = l.category_id
  LEFT JOIN product_images i ON i.product_id = l.product_id AND i.is_primary;

-- A product in full, with its variants and images as JSON, so that one statement fetches it.
CREATE VIEW product_details AS
SELECT p.id, p.name, p.slug, p.description, p.condition, p.attributes, p.is_active, p.is_featured, p.deleted_at,
       p.created_at, p.updated_at, p.version, l.rating_count, l.rating_sum,
       b.id AS brand_id, b.name AS brand_name, b.slug AS brand_slug,
       c.id AS category_id, c.name AS category_name, c.slug AS category_slug,
       (SELECT json_agg(json_build_object('id', v.id, 'sku', v.sku, 'gtin', v.gtin, 'options', v.options,
                                          'price_minor', v.price_minor, 'discount_minor', v.discount_minor,
                                          'discount_starts_at', v.discount_starts_at,
                                          'discount_ends_at', v.discount_ends_at,
                                          'on_sale', sale_price(v.discount_minor, v.discount_starts_at, v.discount_ends_at) IS NOT NULL,
                                          'stock', v.stock, 'track_inventory', v.track_inventory,
                                          'image_id', v.image_id, 'is_default', v.is_default)
                        ORDER BY v.is_default DESC, v.position, v.id)
          FROM variants v WHERE v.product_id = p.id AND v.deleted_at IS NULL)::json AS variants,
       (SELECT coalesce(json_agg(json_build_object('id', i.id, 'alt', i.alt, 'position', i.position,
                                                   'is_primary', i.is_primary, 'sizes', i.sizes)
                                 ORDER BY i.is_primary DESC, i.position, i.id), '[]')
          FROM product_images i WHERE i.product_id = p.id)::json AS images
  FROM products p
  JOIN product_listings l ON l.product_id = p.id
  LEFT JOIN brands b ON b.id = p.brand_id
  LEFT JOIN categories c ON c.id = p.category_id;
