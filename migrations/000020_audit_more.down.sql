DROP TRIGGER audited ON imports;
DROP TRIGGER audited ON webhooks;
