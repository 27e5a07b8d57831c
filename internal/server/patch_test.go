package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// updateProfile: a merge patch may bear its own media type.
func TestAPatchIsTakenAsAMergePatch(t *testing.T) {
	t.Parallel()
	customer := apitest.New(t).Customer()
	var user api.User
	customer.Patch("/api/v1/users/me", apitest.Raw{
		ContentType: "application/merge-patch+json; charset=utf-8",
		Content:     `{"first_name":"Grace"}`,
	}).Want(http.StatusOK).Into(&user)
	assert.Equal(t, "Grace", user.FirstName)
	customer.Put("/api/v1/users/me", apitest.Raw{
		ContentType: "application/merge-patch+json", Content: `{"first_name":"Grace"}`,
	}).Problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
}

// updateProfile: a field that there is not is named, not only the object it is in.
func TestAnUnknownFieldIsNamedByItsPointer(t *testing.T) {
	t.Parallel()
	customer := apitest.New(t).Customer()
	met := customer.Patch("/api/v1/users/me", map[string]any{"nick/name": "Amazing"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	assert.Equal(t, []api.FieldError{
		{Pointer: "/nick~1name", Message: "is not a field of this object"},
	}, met.Errors)
}
