-- Active staff and administrators.
-- name: ListStaff :many
SELECT id, role FROM users WHERE role IN ('staff', 'administrator') AND is_active AND deleted_at IS NULL ORDER BY id;

-- Stops the optional mails about orders, if the account still has the address.
-- name: Unsubscribe :execrows
UPDATE users SET order_updates = false, updated_at = now() WHERE id = @id AND email = @email AND deleted_at IS NULL;
