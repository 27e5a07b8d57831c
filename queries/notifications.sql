-- Staff and administrators who can be written to.
-- name: ListStaff :many
SELECT id, role FROM users WHERE role IN ('staff', 'administrator') AND is_active AND deleted_at IS NULL ORDER BY id;

-- Stops the mails about orders that an account need not get, if the address is still its own.
-- name: StopOrderUpdates :execrows
UPDATE users SET order_updates = false, updated_at = now() WHERE id = @id AND email = @email AND deleted_at IS NULL;
