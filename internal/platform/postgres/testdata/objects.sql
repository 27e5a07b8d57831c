-- Every object that the migrations make in the schema public, as SQL: types, sequences, tables with
-- their indexes and triggers, views, functions, in the order in which they were made. What a major
-- version of PostgreSQL writes differently is left out: the definitions of views, and NOT NULL as a
-- constraint with a name.
WITH own AS (
    SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.reloptions
      FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'schema_migrations'
       AND NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'e', 'i'))
), columns AS (
    SELECT a.attrelid, a.attnum, quote_ident(a.attname) AS name,
           max(length(quote_ident(a.attname))) OVER (PARTITION BY a.attrelid) AS width,
           format_type(a.atttypid, a.atttypmod) AS type,
           CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
           || CASE WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY'
                   WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid, true))
                   WHEN d.oid IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid, true)
                   ELSE '' END AS rest
      FROM own o
      JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
), lines AS (
    SELECT attrelid AS oid, 1 AS part, attnum::int AS place, '' AS name,
           format('    %s %s%s', rpad(name, width), type, rest) AS line
      FROM columns
    UNION ALL
    SELECT conrelid, 2, strpos('pufcx', contype), conname,
           format('    CONSTRAINT %I %s', conname, pg_get_constraintdef(oid, true))
      FROM pg_constraint
     WHERE contype IN ('p', 'u', 'f', 'c', 'x')
), extras AS (
    SELECT i.indrelid AS oid, 1 AS part, c.relname AS name, replace(pg_get_indexdef(i.indexrelid), ' ON public.', ' ON ') || ';' AS line
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
     WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT tgrelid, 2, tgname, replace(pg_get_triggerdef(oid, true), ' ON public.', ' ON ') || ';'
           || CASE WHEN tgenabled = 'A' THEN format(E'\nALTER TABLE %s ENABLE ALWAYS TRIGGER %I;', tgrelid::regclass, tgname) ELSE '' END
      FROM pg_trigger WHERE NOT tgisinternal
), objects AS (
    SELECT 1 AS kind, t.oid, format(E'CREATE TYPE %I AS ENUM (\n    %s\n);', t.typname,
               (SELECT string_agg(quote_literal(enumlabel), E',\n    ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)) AS text
      FROM pg_type t
     WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e'
    UNION ALL
    SELECT 2, oid, format('CREATE SEQUENCE %I;', relname) FROM own WHERE relkind = 'S'
    UNION ALL
    SELECT 3, o.oid, format(E'CREATE %sTABLE %I (\n%s\n)%s;%s', CASE o.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, o.relname,
               (SELECT string_agg(line, E',\n' ORDER BY part, place, name) FROM lines l WHERE l.oid = o.oid),
               ' WITH (' || array_to_string(o.reloptions, ', ') || ')',
               (SELECT E'\n' || string_agg(line, E'\n' ORDER BY part, name) FROM extras e WHERE e.oid = o.oid))
      FROM own o WHERE o.relkind = 'r'
    UNION ALL
    SELECT 4, o.oid, format(E'-- VIEW %I (\n%s\n-- )', o.relname,
               (SELECT string_agg(format('--     %s %s', rpad(name, width), type), E'\n' ORDER BY attnum) FROM columns c WHERE c.attrelid = o.oid))
      FROM own o WHERE o.relkind = 'v'
    UNION ALL
    SELECT 5, p.oid, replace(btrim(pg_get_functiondef(p.oid), E'\n'), 'FUNCTION public.', 'FUNCTION ') || ';'
      FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
)
SELECT kind * 4294967296 + oid::bigint, -- tells a table from a function with the same oid
       CASE WHEN kind = 5 THEN text
            ELSE replace(replace(replace(text, 'timestamp with time zone', 'timestamptz'), ' USING btree', ''), '''::text', '''') END
  FROM objects ORDER BY kind, oid
