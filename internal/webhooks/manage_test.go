package webhooks_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// createWebhook, getWebhook, listWebhooks, deleteWebhook: the secret is returned once, stored
// encrypted, and never logged.
func TestTheSecretIsShownOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	made := s.hook("http://127.0.0.1:9/hook", "order.paid", "order.created")
	assert.True(t, made.IsActive)
	assert.True(t, strings.HasPrefix(made.Secret, "whsec_"))
	var found api.Webhook
	answer := s.keeper.Get(at(made.ID)).Want(http.StatusOK).Into(&found)
	assert.NotContains(t, answer.String(), "secret\"")
	assert.Equal(t, []api.WebhookEvent{"order.created", "order.paid"}, found.Events)
	s.keeper.Get(at(made.ID), apitest.IfNoneMatch(answer.Header.Get("ETag"))).
		Want(http.StatusNotModified)
	var page api.WebhookPage
	answer = s.keeper.Get(hooks).Want(http.StatusOK).Into(&page)
	assert.EqualValues(t, 1, page.Total)
	assert.NotContains(t, answer.String(), strings.TrimPrefix(made.Secret, "whsec_"))
	assert.False(
		t,
		apitest.Value[bool](
			s.Shop, "SELECT position(decode(substr($1, 7), 'base64') IN secret) > 0 FROM webhooks",
			made.Secret,
		),
		"it is sealed",
	)
	s.keeper.Delete(at(made.ID)).Want(http.StatusNoContent)
	assert.NotContains(t, s.Log.String(), made.Secret)
}

// updateWebhook, deleteWebhook, pingWebhook, redeliverWebhook: a webhook is switched off, and on
// again.
func TestWebhooksAreSwitchedOff(t *testing.T) {
	t.Parallel()
	s := open(t)
	made := s.hook("http://127.0.0.1:9/hook", "order.paid", "order.created")
	match := apitest.IfMatch(s.keeper.Get(at(made.ID)).Want(http.StatusOK).Header.Get("ETag"))
	var found api.Webhook
	s.keeper.Patch(at(made.ID), apitest.Fields{
		"description": "The warehouse", "events": []string{"*"}, "is_active": false,
	}, match).Want(http.StatusOK).Into(&found)
	assert.Equal(t, "The warehouse", found.Description)
	assert.NotNil(t, found.DisabledAt)
	assert.Nil(t, found.DisabledReason)
	s.keeper.Patch(at(made.ID), apitest.Fields{"is_active": true}, match).
		Problem(http.StatusPreconditionFailed, "stale")
	s.keeper.Call(http.MethodDelete, at(made.ID), nil, match).
		Problem(http.StatusPreconditionFailed, "stale")
	s.keeper.Post(at(made.ID)+"/test", nil).Problem(http.StatusConflict, "webhook_inactive")
	s.keeper.Post(at(made.ID)+"/deliveries/1/redeliver", nil).
		Problem(http.StatusConflict, "webhook_inactive")

	s.keeper.Patch(
		at(made.ID), apitest.Fields{"is_active": true, "url": "http://127.0.0.1:9/other"},
	).Want(http.StatusOK).Into(&found)
	assert.Nil(t, found.DisabledAt)
	s.keeper.Post(at(made.ID)+"/deliveries/4242/redeliver", nil).
		Problem(http.StatusNotFound, "delivery_not_found")
	assert.NotContains(t, s.Log.String(), made.Secret)
}

// createWebhook, updateWebhook: addresses inside the network, an event that does not exist, and the
// webhook that is one too many.
func TestWebhooksThatCannotBe(t *testing.T) {
	t.Parallel()
	s := open(t)
	made := s.hook("http://127.0.0.1:9/hook", "order.created")
	for _, url := range []string{
		"http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest",
		"http://user:pass@example.com/", "http://2130706433/",
	} {
		s.keeper.Post(hooks, apitest.Fields{"url": url, "events": []string{"*"}}).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
		s.keeper.Patch(at(made.ID), apitest.Fields{"url": url}).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	s.keeper.Post(
		hooks, apitest.Fields{"url": "https://example.com/", "events": []string{"order.lost"}},
	).Problem(http.StatusUnprocessableEntity, "invalid_request")
	s.Exec(
		`INSERT INTO webhooks (url, events, secret) SELECT 'https://example.com/', '{*}', ''
			FROM generate_series(2, 100)`,
	)
	s.keeper.Post(hooks, apitest.Fields{"url": "https://example.com/", "events": []string{"*"}}).
		Problem(http.StatusConflict, "too_many_webhooks")
	assert.NotContains(t, s.Log.String(), made.Secret)
}

// getWebhook, updateWebhook, deleteWebhook, rotateWebhookSecret, pingWebhook,
// listWebhookDeliveries, redeliverWebhook, listWebhooks: a webhook that does not exist, and
// parameters out of range.
func TestWebhooksThatDoNotExist(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, call := range [][2]string{
		{"GET", ""}, {"PATCH", ""}, {"DELETE", ""}, {"POST", "/rotate-secret"}, {"POST", "/test"},
		{"GET", "/deliveries"}, {"POST", "/deliveries/1/redeliver"},
	} {
		var body any
		if call[0] == http.MethodPatch {
			body = apitest.Fields{"is_active": true}
		}
		s.keeper.Call(call[0], at(4242)+call[1], body).
			Problem(http.StatusNotFound, "webhook_not_found")
		s.keeper.Call(call[0], at(0)+call[1], body).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	s.keeper.Get(hooks+"?limit=0").Problem(http.StatusUnprocessableEntity, "invalid_request")
}

// createWebhook: in production an address without TLS is refused.
func TestProductionNeedsTLS(t *testing.T) {
	t.Parallel()
	s := apitest.New(
		t, apitest.Setting{Name: "DEBUG", Value: "false"},
		apitest.Setting{Name: "BCRYPT_COST", Value: "10"},
		apitest.Setting{Name: "PAYMENT_TEST_ALLOWED", Value: "true"},
	)
	owner := s.Customer() // the demo administrator is closed in production
	s.Exec("UPDATE users SET role = 'administrator' WHERE role = 'customer'")
	owner.
		Post(hooks, apitest.Fields{"url": "http://example.com/", "events": []string{"*"}}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	owner.
		Post(hooks, apitest.Fields{"url": "https://example.com/", "events": []string{"*"}}).
		Want(http.StatusCreated)
}
