-- What staff does with webhooks and imports is in the log as well. A webhook's failures and an import's progress are no
-- change that anybody makes; addresses files are fetched from may hold a secret, and the source is told without it.
SELECT audit_table('webhooks', 'webhook', label => 'url', masked => '{secret,old_secret}', left_out => '{failing_since}');
SELECT audit_table('imports', 'import', label => 'source',
                   left_out => '{url,file,encoding,is_utf8,size,delimiter,position,line,row,repeated,met,rows_total,created,updated,unchanged,failed,warnings,runner,alive_at,started_at}');
