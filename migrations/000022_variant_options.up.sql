-- Questions that name an attribute also mean products that have it as an option of a variant.
CREATE INDEX variants_options_idx ON variants USING gin (options jsonb_path_ops) WHERE deleted_at IS NULL AND options <> '{}';
