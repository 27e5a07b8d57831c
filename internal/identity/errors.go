package identity

import (
	"time"

	"github.com/shopd/shopd/internal/platform/problem"
)

// Errors of accounts, sessions and tokens, as clients see them.
var (
	ErrEmailTaken = problem.Conflict(
		"email_taken",
		"An account with this e-mail address exists. Log in, or choose another address.",
	)
	ErrUsernameTaken = problem.Conflict(
		"username_taken", "Another account has this user name. Choose another.",
	)
	ErrCredentials = problem.Unauthorized(
		"invalid_credentials", "E-mail address or user name and password do not belong together.",
	)
	ErrInactive = problem.Forbidden(
		"account_inactive", "This account is deactivated. Ask the shop about it.",
	)
	ErrToken = problem.Unauthorized(
		"invalid_token",
		"The access token is not valid, has expired, or its session has ended. "+
			"Refresh it or log in again.",
	)
	ErrRefreshToken = problem.Unauthorized(
		"invalid_refresh_token", "The refresh token is not valid or has expired. Log in again.",
	)
	ErrTokenReused = problem.Unauthorized(
		"token_reused",
		"The refresh token was used before. The session has ended for safety: log in again.",
	)
	ErrLocked = problem.TooMany(
		"login_locked", "Too many failed logins. Wait, or use the right password then.",
		time.Second,
	)
	ErrWrongPassword = problem.Forbidden("wrong_password", "The current password is not right.")
	ErrNoSession     = problem.NotFound(
		"session_not_found", "The account has no such session, or it has ended.",
	)
	ErrNoCustomer = problem.NotFound("customer_not_found", "There is no such account.")
	ErrLastAdmin  = problem.Conflict(
		"last_administrator",
		"This is the last active administrator. Make somebody else one first.",
	)
	ErrRefreshRace = problem.Conflict(
		"refresh_in_progress",
		"Another call has just exchanged this refresh token. Use the tokens it received.",
	)
)
