package feeds_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// startImport: imports whose servers send a byte now and then delay no other import.
func TestSlowServersDelayNoOtherImport(t *testing.T) {
	t.Parallel()
	shop := apitest.New(
		t, workers, apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"},
	)
	admin := shop.Admin()
	end := make(chan struct{})
	var asked sync.WaitGroup
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("id,title,price\nA,One,1\n"))
		w.(http.Flusher).Flush()
		asked.Done()
		<-end
	}))
	t.Cleanup(remote.Close)
	t.Cleanup(sync.OnceFunc(func() { close(end) }))
	const slow = 3
	asked.Add(slow)
	for range slow {
		admin.Post(imports, apitest.Fields{"url": remote.URL}).Want(http.StatusAccepted)
	}
	asked.Wait()
	var other api.Import
	admin.Post(imports, form(t, []byte("id,title,price\nB,Two,2\n"))).
		Want(http.StatusAccepted).Into(&other)
	require.Eventually(t, func() bool {
		admin.Get(at(other.ID)).Want(http.StatusOK).Into(&other)
		return other.Status == api.ImportStatusCompleted
	}, 20*time.Second, 10*time.Millisecond)
}
