package sdk_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func receive(
	verifier *standardwebhooks.Webhook, take func(id string, event []byte),
) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || verifier.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		take(r.Header.Get("webhook-id"), body) // puts it into a queue, unless the id is known
		w.WriteHeader(http.StatusNoContent)
	}
}

// A program that receives a webhook, and one that pretends to be the shop.
func Example_webhook() {
	verifier, _ := standardwebhooks.NewWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	handler := receive(verifier, func(_ string, event []byte) { fmt.Println(string(event)) })
	event, now := `{"type": "order.paid"}`, time.Now()
	signature, _ := verifier.Sign("msg_1", now, []byte(event))
	for _, signature := range []string{signature, "v1,bm90IHRoZSBzaG9wJ3M="} {
		request := httptest.NewRequest(http.MethodPost, "/hooks/shop", strings.NewReader(event))
		request.Header.Set("webhook-id", "msg_1")
		request.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
		request.Header.Set("webhook-signature", signature)
		answer := httptest.NewRecorder()
		handler(answer, request)
		fmt.Println(answer.Code)
	}
	// Output:
	// {"type": "order.paid"}
	// 204
	// 401
}

// docs/integrating.md shows how to receive webhooks by the very code that is tested.
func TestTheDocumentsShowHowWebhooksAreReceived(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../docs/integrating.md")
	require.NoError(t, err)
	typescript, err := os.ReadFile(typescript + "/examples/webhook.ts")
	require.NoError(t, err)
	assert.Contains(t, string(document), "```ts\n"+string(typescript)+"```\n")
	this, err := os.ReadFile("webhook_example_test.go")
	require.NoError(t, err)
	_, function, _ := strings.Cut(string(this), "\nfunc receive(")
	function, _, _ = strings.Cut(function, "\n}\n")
	assert.Contains(t, string(document), "```go\nfunc receive("+function+"\n}\n```\n")
}
