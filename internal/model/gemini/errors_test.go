package gemini

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/model"
	"github.com/shopd/shopd/internal/model/geministub"
)

// operation is an operation of a provider. The rules for errors are the same for all.
type operation struct {
	name   string
	method geministub.Method
	model  string // the setting that errors name
	tries  int
	run    func(context.Context, *Provider) error
}

var operations = []operation{
	{
		"embed",
		geministub.EmbedContent,
		"RAG_EMBEDDING_MODEL",
		1 + embedRetries,
		func(ctx context.Context, p *Provider) error {
			_, err := p.Embed(ctx, model.Query, []model.Text{{Body: "shoes"}})
			return err
		},
	},
	{
		"batch",
		geministub.BatchEmbedContents,
		"RAG_EMBEDDING_MODEL",
		1 + embedRetries,
		func(ctx context.Context, p *Provider) error {
			_, err := p.Embed(ctx, model.Document, documents(3))
			return err
		},
	},
	{
		"generate",
		geministub.GenerateContent,
		"RAG_GENERATION_MODEL",
		1 + generateRetries,
		func(ctx context.Context, p *Provider) error {
			_, err := p.Generate(ctx, aPrompt())
			return err
		},
	},
}

// each runs a test for every operation, and checks that the error it returns does not contain the
// key.
func each(t *testing.T, test func(t *testing.T, o operation) error) {
	t.Helper()
	for _, o := range operations {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			err := test(t, o)
			for _, shown := range []string{
				fmt.Sprint(err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err),
			} {
				assert.NotContains(t, shown, testKey)
				assert.NotContains(t, shown, "\n")
			}
		})
	}
}

// fail runs an operation that gets one scripted reply, and checks that it is not retried.
func fail(t *testing.T, o operation, reply geministub.Reply) error {
	t.Helper()
	p, stub := start(t)
	p.now = func() time.Time { // 23:30 in summer time
		return time.Date(2026, 7, 1, 6, 30, 0, 500, time.UTC)
	}
	stub.Next(o.method, 10, reply)
	err := o.run(t.Context(), p)
	require.Error(t, err)
	assert.Equal(t, 1, stub.Calls(o.method), "tried once")
	return err
}

// Embed, Generate: a quota that is used up is a QuotaError, and is not retried.
func TestQuotaIsReportedAndNotRetried(t *testing.T) {
	withHeader := geministub.QuotaUnexplained()
	withHeader.Header = http.Header{"Retry-After": {"7"}}
	for name, c := range map[string]struct {
		reply geministub.Reply
		want  model.QuotaError
	}{
		"a minute's": {
			geministub.QuotaPerMinute("46s"), model.QuotaError{RetryAfter: 46 * time.Second},
		},
		"rounded up": {
			geministub.QuotaPerMinute("46.037s"), model.QuotaError{RetryAfter: 47 * time.Second},
		},
		"at least one": {
			geministub.QuotaPerMinute("0.000001s"), model.QuotaError{RetryAfter: time.Second},
		},
		"a day's": {
			geministub.QuotaPerDay(), model.QuotaError{RetryAfter: 30 * time.Minute, Daily: true},
		},
		"unexplained": {
			geministub.QuotaUnexplained(), model.QuotaError{RetryAfter: time.Minute},
		},
		"only the header": {withHeader, model.QuotaError{RetryAfter: 7 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, o operation) error {
				err := fail(t, o, c.reply)
				var quota *model.QuotaError
				require.ErrorAs(t, err, &quota)
				assert.Equal(t, c.want, *quota)
				return err
			})
		})
	}
}

// untilReset: how long it is until the quota of a day is renewed.
func TestUntilReset(t *testing.T) {
	for now, want := range map[string]time.Duration{
		"2026-07-01T07:00:00Z": 24 * time.Hour, // midnight in summer
		"2026-01-01T07:59:59Z": time.Second,    // in winter it is an hour later
		"2026-03-08T08:00:00Z": 23 * time.Hour, // the clocks go forward
		"2026-11-01T07:00:00Z": 25 * time.Hour, // and back
	} {
		at, err := time.Parse(time.RFC3339, now)
		require.NoError(t, err)
		assert.Equal(t, want, untilReset(at), now)
	}
}

// Embed, Generate: a refusal that a setting causes is a ConfigError that names it.
func TestWrongSettingsAreNamed(t *testing.T) {
	const ofModel = "" // stands for the setting of the operation's model
	for name, c := range map[string]struct {
		reply   geministub.Reply
		setting string
		says    string
	}{
		"invalid key": {geministub.KeyInvalid(), "GEMINI_API_KEY", "API key not valid"},
		"suspended key": {
			geministub.KeySuspended(testKey), "GEMINI_API_KEY",
			"'api_key:[key]' has been suspended",
		},
		"country": {
			geministub.LocationRefused(), "GEMINI_API_KEY", "location is not supported",
		},
		"deprecated model": {
			geministub.ModelRetired("m"), ofModel,
			"is not available, name another model: This model models/m is no longer available",
		},
		"bad request": {
			geministub.Reply{Status: 413, Body: "<html>too large"}, ofModel,
			"refused the request (status 413)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, o operation) error {
				err := fail(t, o, c.reply)
				var config *model.ConfigError
				require.ErrorAs(t, err, &config)
				want := c.setting
				if want == ofModel {
					want = o.model
				}
				assert.Equal(t, want, config.Setting)
				assert.Contains(t, config.Reason, c.says)
				return err
			})
		})
	}
	t.Run("unknown model", func(t *testing.T) {
		p, _ := start(t, func(s *Settings) {
			s.EmbeddingModel, s.GenerationModel = "no-such-model", "no-such-model"
		})
		each(t, func(t *testing.T, o operation) error {
			err := o.run(t.Context(), p)
			assert.ErrorContains(t, err, o.model+": models/no-such-model is not available")
			return err
		})
	})
	t.Run("wrong key", func(t *testing.T) {
		p, stub := start(t)
		stub.RequireKey("another")
		each(t, func(t *testing.T, o operation) error {
			err := o.run(t.Context(), p)
			assert.ErrorContains(t, err, "GEMINI_API_KEY: refused by Google")
			return err
		})
	})
}

// Embed, Generate: outages are retried, and reported as an UnavailableError.
func TestOutagesAreRetriedAndGivenUp(t *testing.T) {
	for name, reply := range map[string]geministub.Reply{
		"500 as HTML": geministub.Internal(),
		"503":         geministub.Overloaded(),
		"cut":         geministub.Cut(),
	} {
		t.Run(name+" for good", func(t *testing.T) {
			each(t, func(t *testing.T, o operation) error {
				p, stub := start(t)
				stub.Next(o.method, 20, reply)
				began := time.Now()
				err := o.run(t.Context(), p)
				var out *model.UnavailableError
				require.ErrorAs(t, err, &out)
				assert.Equal(t, o.tries, stub.Calls(o.method))
				assert.Less(t, time.Since(began), time.Second)
				return err
			})
		})
		t.Run(name+" once", func(t *testing.T) {
			each(t, func(t *testing.T, o operation) error {
				p, stub := start(t)
				stub.Next(o.method, 1, reply)
				require.NoError(t, o.run(t.Context(), p))
				assert.Equal(t, 2, stub.Calls(o.method))
				return nil
			})
		})
	}
	t.Run("no server listens", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		listener.Close()
		p := connect(t, "http://"+listener.Addr().String())
		each(t, func(t *testing.T, o operation) error {
			err := o.run(t.Context(), p)
			var out *model.UnavailableError
			require.ErrorAs(t, err, &out)
			assert.Contains(t, out.Reason, "connection refused")
			assert.NotContains(t, out.Reason, "v1beta", "the cause, not the URL")
			return err
		})
	})
}

// Embed, Generate: no retry that the deadline would cut off.
func TestNoRetryWithoutTimeForIt(t *testing.T) {
	each(t, func(t *testing.T, o operation) error {
		p, stub := start(t, timeout(3*time.Second))
		// A pause takes at least half of it, and a third of the timeout must be left after it.
		p.caller.Backoff = 2500 * time.Millisecond
		stub.Next(o.method, 9, geministub.Overloaded())
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		err := o.run(ctx, p)
		assert.ErrorContains(t, err, "overloaded", "what happened, not that time ran out")
		assert.Equal(t, 1, stub.Calls(o.method))
		return err
	})
}

// Embed, Generate: the timeout is for all attempts together.
func TestTimeoutBoundsTheWholeCall(t *testing.T) {
	each(t, func(t *testing.T, o operation) error {
		const limit = 60 * time.Millisecond
		p, stub := start(t, timeout(limit))
		stub.Next(o.method, 9, geministub.Hang(10*time.Second))
		began := time.Now()
		err := o.run(t.Context(), p)
		assert.Less(t, time.Since(began), limit+500*time.Millisecond)
		var out *model.UnavailableError
		require.ErrorAs(t, err, &out)
		assert.Equal(t, "no answer within 60ms", out.Reason)
		return err
	})
}

// Embed, Generate: a call that its caller cancels ends at once.
func TestCancelByTheCaller(t *testing.T) {
	each(t, func(t *testing.T, o operation) error {
		p, stub := start(t)
		stub.Next(o.method, 9, geministub.Hang(10*time.Second))
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(20*time.Millisecond, cancel).Stop()
		err := o.run(ctx, p)
		assert.Equal(t, context.Canceled, err)
		return err
	})
	t.Run("during the pause", func(t *testing.T) {
		p, stub := start(t, timeout(time.Minute))
		p.caller.Backoff = 10 * time.Second
		stub.Next(geministub.EmbedContent, 9, geministub.Overloaded())
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(20*time.Millisecond, cancel).Stop()
		began := time.Now()
		assert.Equal(t, context.Canceled, operations[0].run(ctx, p))
		assert.Less(t, time.Since(began), time.Second)
	})
	t.Run("deadline of the caller", func(t *testing.T) {
		p, stub := start(t)
		stub.Next(geministub.GenerateContent, 9, geministub.Hang(10*time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := p.Generate(ctx, aPrompt())
		assert.Equal(t, context.DeadlineExceeded, err)
	})
}

// Embed, Generate: the key is sent only in the header.
func TestKeyTravelsInTheHeaderOnly(t *testing.T) {
	p, stub := start(t)
	for _, o := range operations {
		require.NoError(t, o.run(t.Context(), p))
	}
	requests := stub.Requests()
	require.Len(t, requests, 3)
	for _, request := range requests {
		assert.Equal(t, []string{testKey}, request.Header.Values("X-Goog-Api-Key"))
		assert.NotContains(t, request.URL+request.Body, testKey)
		assert.NotContains(t, request.URL, "key=")
	}
}

// Generate: redirects are not followed.
func TestKeyIsNotSentToAnotherHost(t *testing.T) {
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer thief.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	p := connect(t, server.URL)
	err := operations[0].run(t.Context(), p)
	assert.ErrorContains(t, err, "status 307")
}

// OneLine: a text of a service becomes one short line without the key.
func TestTextOfServicesIsOneShortLine(t *testing.T) {
	p := connect(t, "")
	line := p.caller.OneLine("a\n b " + testKey + strings.Repeat("x", 1000))
	assert.True(t, strings.HasPrefix(line, "a b [key]x"))
	assert.Len(t, line, 300)
}
