DROP FUNCTION filtered_products(text, bigint, text, bigint, text, bigint, bigint, boolean, boolean,
                                boolean, text, jsonb);
DROP FUNCTION recount_search_words();
DROP TRIGGER categories_renamed ON categories;
DROP TRIGGER brands_renamed ON brands;
DROP FUNCTION names_changed();
DROP FUNCTION refresh_search(bigint[]);
DROP TRIGGER brands_known ON brands;
DROP TABLE search_synonym_terms, search_synonyms;
DROP FUNCTION search_vocabulary_changed();
DROP FUNCTION current_catalogue_changes();
DROP FUNCTION current_search_version();
DROP TABLE search_state, search_words, product_search;
DROP SEQUENCE search_version;
DROP SEQUENCE search_changes;
DROP FUNCTION search_phrase(text);
DROP FUNCTION search_text(text);
