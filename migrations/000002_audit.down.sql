DROP TABLE audit_events;
DROP FUNCTION audit_table(regclass, text, text, text, text[], text[], text[]);
DROP FUNCTION audit_change();
DROP FUNCTION refuse_change();
DROP EXTENSION pg_trgm;
