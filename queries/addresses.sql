-- An account's addresses, defaults first (addresses_user_id_idx).
-- name: ListAddresses :many
SELECT * FROM addresses
 WHERE user_id = @user_id
 ORDER BY is_default_shipping DESC, is_default_billing DESC, id DESC
 LIMIT @page_limit OFFSET @page_offset;

-- name: CountAddresses :one
SELECT count(*) FROM addresses WHERE user_id = $1;

-- One address of an account. Another account's address is not found.
-- name: GetAddress :one
SELECT * FROM addresses WHERE id = @id AND user_id = @user_id;

-- Serialises the changes of an account's addresses: the defaults and the limit depend on all of
-- them.
-- name: LockAddresses :exec
SELECT FROM users WHERE id = $1 FOR UPDATE;

-- Clears the default flags of all other addresses, for a new default.
-- name: ClearDefaultAddresses :exec
UPDATE addresses
   SET is_default_shipping = is_default_shipping AND NOT @shipping::boolean,
       is_default_billing = is_default_billing AND NOT @billing::boolean, updated_at = now()
 WHERE user_id = @user_id AND id <> @except_id
   AND (is_default_shipping AND @shipping OR is_default_billing AND @billing);

-- name: CreateAddress :one
INSERT INTO addresses (user_id, recipient, line1, line2, city, state, postal_code, country, phone, phone_e164,
                       is_default_shipping, is_default_billing)
VALUES (@user_id, @recipient, @line1, sqlc.narg(line2), @city, sqlc.narg(state), sqlc.narg(postal_code), @country, sqlc.narg(phone),
        sqlc.narg(phone_e164), @is_default_shipping, @is_default_billing)
RETURNING *;

-- name: ReplaceAddress :one
UPDATE addresses
   SET recipient = @recipient, line1 = @line1, line2 = sqlc.narg(line2), city = @city, state = sqlc.narg(state), postal_code = sqlc.narg(postal_code),
       country = @country, phone = sqlc.narg(phone), phone_e164 = sqlc.narg(phone_e164), is_default_shipping = @is_default_shipping, is_default_billing = @is_default_billing,
       updated_at = now()
 WHERE id = @id AND user_id = @user_id
RETURNING *;

-- name: DeleteAddress :execrows
DELETE FROM addresses WHERE id = @id AND user_id = @user_id;

-- name: DeleteAddresses :exec
DELETE FROM addresses WHERE user_id = $1;
