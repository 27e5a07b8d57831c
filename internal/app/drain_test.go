package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/model/geministub"
)

// askAssistant: a server that stops takes no new connection, and finishes the request under way.
func TestDrainLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	model := geministub.New()
	upstream := httptest.NewServer(model)
	defer upstream.Close()
	shop := apitest.Demo(t)
	a, err := app.New(
		t.Context(),
		settings(
			t, shop, map[string]string{"GEMINI_API_KEY": "k", "GEMINI_ENDPOINT": upstream.URL},
		),
		quiet,
		nil,
	)
	require.NoError(t, err)
	require.NoError(t, a.Index(t.Context(), nil))
	listener, err := app.Listen(t.Context(), "127.0.0.1", 0)
	require.NoError(t, err)
	url := "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()

	entered, leave := make(chan struct{}), make(chan struct{})
	model.SetAnswer(func(p geministub.Prompt) string {
		close(entered)
		<-leave
		return geministub.Obedient(p)
	})
	answered := make(chan int, 1)
	go func() {
		response, err := http.Post(
			url+"/api/v1/rag/query", "application/json",
			strings.NewReader(`{"query":"what mugs do you have?"}`),
		)
		if assert.NoError(t, err) {
			_ = response.Body.Close()
			answered <- response.StatusCode
		}
	}()
	<-entered // the request is under way
	stop()
	require.Eventually(t, func() bool { // no new connection is taken
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 5*time.Second, 5*time.Millisecond)
	select {
	case err := <-ended:
		t.Fatalf("ended while a request was under way: %v", err)
	default:
	}
	close(leave)
	assert.Equal(t, http.StatusOK, <-answered)
	require.NoError(t, <-ended)
	require.NoError(t, a.Close())
}

// stalling sends what a response writer gets up to its first flush, and no more.
type stalling struct {
	http.ResponseWriter
	flushed func()
}

func (s *stalling) FlushError() error {
	if err := http.NewResponseController(s.ResponseWriter).Flush(); err != nil {
		return err
	}
	s.flushed()
	return nil
}

// askAssistant: requests that outlast DRAIN_TIMEOUT are told so before their connections end.
func TestDrainTellsRequestsThatTakeTooLong(t *testing.T) {
	t.Parallel()
	model := geministub.New()
	entered := make(chan struct{}, 2)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "mbed") {
			model.ServeHTTP(w, r)
			return
		}
		stall := func() { entered <- struct{}{}; <-r.Context().Done() }
		if !strings.Contains(r.URL.Path, ":stream") {
			_, _ = io.ReadAll(r.Body)
			stall()
		}
		model.ServeHTTP(&stalling{w, stall}, r)
	}))
	defer upstream.Close()
	shop := apitest.Demo(t)
	a, err := app.New(t.Context(), settings(t, shop, map[string]string{
		"GEMINI_API_KEY": "k", "GEMINI_ENDPOINT": upstream.URL, "DRAIN_TIMEOUT": "1s",
		"RAG_GEMINI_TIMEOUT": "60",
	}), quiet, nil)
	require.NoError(t, err)
	require.NoError(t, a.Index(t.Context(), nil))
	listener, err := app.Listen(t.Context(), "127.0.0.1", 0)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()
	ask := func(accept string) (status int, answer string) {
		request, err := http.NewRequestWithContext(
			t.Context(), http.MethodPost, "http://"+listener.Addr().String()+"/api/v1/rag/query",
			strings.NewReader(`{"query":"what mugs do you have?"}`),
		)
		if !assert.NoError(t, err) {
			return 0, ""
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Accept", accept)
		response, err := http.DefaultClient.Do(request)
		if !assert.NoError(t, err) {
			return 0, ""
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		assert.NoError(t, err, "the response has an end")
		return response.StatusCode, string(text)
	}
	var asking sync.WaitGroup
	asking.Go(func() {
		status, answer := ask("text/event-stream")
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, answer, "event: sources")
		assert.Regexp(t, `event: error\ndata: .*"code":"shutting_down"`, answer)
	})
	asking.Go(func() {
		status, answer := ask("application/json")
		assert.Equal(t, http.StatusServiceUnavailable, status)
		assert.Contains(t, answer, `"code":"shutting_down"`)
	})
	<-entered
	<-entered
	stop()
	asking.Wait()
	require.NoError(t, <-ended)
	require.NoError(t, a.Close())
}
