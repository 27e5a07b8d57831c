DROP TABLE addresses, login_failures, refresh_tokens, sessions, users, roles;
DROP FUNCTION folded;
