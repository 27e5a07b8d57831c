-- A catalogue of 100,000 products, made by the database itself: the same at each run, believable in its proportions.
SELECT setseed(0.42);
SET session_replication_role = replica; -- listings and words are made at the end, for all at once

INSERT INTO brands (name, slug)
SELECT n, lower(n) FROM (
    SELECT a || b AS n FROM unnest(ARRAY['Al','Bor','Cas','Del','Eri','Fen','Gal','Hel','Iso','Jun','Kel','Lum','Mar','Nor','Ori','Pel','Qui','Ras','Sol','Tav']) a,
                            unnest(ARRAY['ado','ban','cor','dex','eva','fly','gen','hus','ix','or']) b) x;

INSERT INTO categories (name, slug)
SELECT n, lower(n) FROM unnest(ARRAY['Audio','Phones','Kitchen','Garden','Sports','Toys','Office','Clothing','Travel','Pets']) n;
INSERT INTO categories (parent_id, name, slug)
SELECT p.id, p.name || ' ' || n, p.slug || '-' || lower(n)
  FROM categories p, unnest(ARRAY['Basics','Premium','Outdoor','Kids','Studio','Compact','Classic','Smart','Eco','Gifts','Spares','Sets']) n;

INSERT INTO products (name, slug, description, brand_id, category_id, attributes, is_active, is_featured, created_at)
SELECT b.name || ' ' || adjective || ' ' || noun || ' ' || model, lower(b.name || '-' || adjective || '-' || noun || '-' || model || '-' || i),
       'The ' || adjective || ' ' || noun || ' for every day. Made of ' || material || ', in ' || colour || ', with a guarantee of ' || (1 + i % 5) || ' years. Goes well with a '
           || other || ' and lasts ' || (i % 40 + 1) || ' hours.',
       b.id, (SELECT min(id) FROM categories WHERE parent_id IS NOT NULL) + (i * 7 % 120),
       jsonb_build_object('color', colour, 'material', material, 'weight', (100 + i % 900) || ' g'),
       i % 50 <> 0, i % 100 = 1, now() - (i * interval '9 minutes')
  FROM (SELECT i, 1 + (i * 13) % 200 AS brand,
               (ARRAY['wireless','compact','heavy','folding','silent','bright','soft','robust','slim','portable','electric','handmade','organic','modular','waterproof'])[1 + i % 15] AS adjective,
               (ARRAY['headphones','kettle','lamp','backpack','tent','keyboard','speaker','grinder','blanket','bottle','jacket','mug','drill','puzzle','collar','racket','notebook','charger','camera','scale','pan','chair','watch','bike'])[1 + (i * 11) % 24] AS noun,
               (ARRAY['steel','wool','bamboo','cotton','glass','leather','aluminium','oak'])[1 + (i * 3) % 8] AS material,
               (ARRAY['black','white','red','blue','green','sand','grey'])[1 + (i * 5) % 7] AS colour,
               (ARRAY['case','stand','filter','strap','cover'])[1 + i % 5] AS other,
               chr(65 + i % 26) || (100 + i / 26) AS model
          FROM generate_series(1, 100000) i) x
  JOIN (SELECT id, name, row_number() OVER (ORDER BY id) AS n FROM brands) b ON b.n = x.brand;

INSERT INTO variants (product_id, is_default, sku, gtin, price_minor, discount_minor, stock)
SELECT p.id, true, 'SKU-' || p.id, lpad((4000000000000 + p.id)::text, 14, '0'), price, CASE WHEN p.id % 10 = 3 THEN price * 8 / 10 END,
       CASE WHEN p.id % 11 = 0 THEN 0 ELSE p.id % 97 END
  FROM (SELECT id, (300 + power(random(), 3) * 50000)::bigint AS price FROM products ORDER BY id) p;

INSERT INTO stock_levels (variant_id, location_id, quantity) SELECT v.id, l.id, v.stock FROM variants v, stock_locations l;
INSERT INTO stock_movements (variant_id, location_id, delta, quantity, reason)
SELECT variant_id, location_id, quantity, quantity, 'initial' FROM stock_levels WHERE quantity > 0;

INSERT INTO product_images (product_id, position, is_primary, alt, sizes)
SELECT id, 0, true, name, jsonb_build_array(jsonb_build_object('path', 'p' || id || '-320.jpg', 'width', 320, 'height', 320), jsonb_build_object('path', 'p' || id || '-800.jpg', 'width', 800, 'height', 800))
  FROM products;

SET session_replication_role = origin;
SELECT refresh_listings(array_agg(id)) FROM products;
UPDATE product_listings SET popularity = product_id * 7919 % 100000;
SELECT refresh_search(array_agg(id)) FROM products;

-- Vectors in clusters, one a category, as embeddings of real products are.
DROP INDEX product_embeddings_nearest_idx;
CREATE TEMPORARY TABLE centres AS SELECT c.id, array_agg(random() - 0.5 ORDER BY d) AS centre FROM categories c, generate_series(1, 768) d GROUP BY c.id;
INSERT INTO product_embeddings (model_id, product_id, document_hash, base, embedding, embedded_at)
SELECT m.id, p.id, '\x00', v.vector, l2_normalize(v.vector)::halfvec, now()
  FROM products p
  JOIN centres c ON c.id = p.category_id
 CROSS JOIN (SELECT min(id) AS id FROM embedding_models) m
 CROSS JOIN LATERAL (SELECT array_agg(x + (random() - 0.5) * 0.9)::vector(768) AS vector FROM unnest(c.centre) x WHERE p.id > 0) v;
SET maintenance_work_mem = '1GB';
SET max_parallel_maintenance_workers = 0;
CREATE INDEX product_embeddings_nearest_idx ON product_embeddings USING hnsw (embedding halfvec_cosine_ops);
SELECT recount_search_words();
VACUUM ANALYZE;
