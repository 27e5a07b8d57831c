//go:build linux

package app_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// usage is what a server uses.
type usage struct{ memory, files, goroutines int } // memory in MiB

func use(t *testing.T, p *apitest.Process) usage {
	t.Helper()
	response, err := http.Get(p.URL + "/metrics")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	_, after, found := strings.Cut(string(text), "\ngo_goroutines ")
	require.True(t, found)
	number, _, _ := strings.Cut(after, "\n")
	goroutines, err := strconv.Atoi(number)
	require.NoError(t, err)
	return usage{p.Memory(), p.Files(), goroutines}
}

// soaker makes requests to a server and reads their responses.
type soaker struct {
	url    string
	client http.Client
	mu     sync.Mutex
	counts map[string]int // by name and status
}

func (s *soaker) send(ctx context.Context, name, method, path, token string, content apitest.Raw) {
	body := strings.NewReader(content.Content)
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return
	}
	if content.ContentType != "" {
		request.Header.Set("Content-Type", content.ContentType)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if name == "question" {
		request.Header.Set("Accept", "text/event-stream")
	}
	response, err := s.client.Do(request)
	if err != nil {
		return // the time is over
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[fmt.Sprint(name, " ", response.StatusCode)]++
}

// upload returns a form with a file.
func upload(t *testing.T, name string, content []byte) apitest.Raw {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", name)
	require.NoError(t, err)
	_, err = file.Write(content)
	require.NoError(t, err)
	require.NoError(t, form.Close())
	return apitest.Raw{ContentType: form.FormDataContentType(), Content: body.String()}
}

// createProductImage, startImport, exportProducts, askAssistant, createOrder, searchProducts,
// login: under mixed traffic a server's memory stays within 256 MiB of what it was, and what it
// used returns afterwards: goroutines, files, and keys of Redis. SOAK says for how long, 5s unless
// it is set.
func TestASoakLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	apitest.NotWithRace(t)
	during := 5 * time.Second
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		during, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	redis := apitest.StartRedis(t)
	shop := apitest.Demo(
		t, redis.Setting(), apitest.Setting{Name: "WORKERS", Value: "true"},
		apitest.Setting{Name: "CACHE_RESPONSES", Value: "true"},
		apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"},
		apitest.Setting{Name: "ACCESS_TOKEN_EXPIRE_MINUTES", Value: "120"},
	)
	admin, ada := shop.Admin(), shop.Customer()
	product := admin.Product(apitest.Fields{"stock": 10_000_000})
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 900, 900))))
	var feed strings.Builder
	feed.WriteString("id,title,price,stock\n")
	for row := range 200 {
		fmt.Fprintf(&feed, "SOAK%d,Soaked lamp %d,%d.50,5\n", row, row, row+1)
	}
	json := func(format string, values ...any) apitest.Raw {
		return apitest.Raw{ContentType: "application/json", Content: fmt.Sprintf(format, values...)}
	}
	server := shop.Process()
	s := &soaker{url: server.URL, counts: map[string]int{}}
	s.client.Transport = &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Second}
	image := upload(t, "a.png", picture.Bytes())
	file := upload(t, "a.csv", []byte(feed.String()))
	images := fmt.Sprintf("/api/v1/admin/products/%d/images", product.ID)
	round := func(ctx context.Context, i int) {
		words := []string{"lamp", "mug", "red chair", "desk under $50", "soaked"}[i%5]
		list := fmt.Sprintf("/api/v1/products?limit=20&offset=%d", i%50)
		s.send(ctx, "list", "GET", list, "", apitest.Raw{})
		search := "/api/v1/products/search?q=" + strings.ReplaceAll(words, " ", "+")
		s.send(ctx, "search", "GET", search, "", apitest.Raw{})
		s.send(ctx, "question", "POST", "/api/v1/rag/query", "",
			json(`{"query": "Which %s? %d"}`, words, i%100))
		s.send(ctx, "order", "POST", "/api/v1/orders", ada.Token(),
			json(`{"items": [{"product_id": %d, "quantity": 1}]}`, product.ID))
		s.send(ctx, "login", "POST", "/api/v1/auth/login", "",
			json(`{"email": %q, "password": %q}`, apitest.AdminEmail, apitest.AdminPassword))
		switch {
		case i%10 == 0:
			s.send(ctx, "image", "POST", images, admin.Token(), image)
		case i%10 == 3:
			const export = "/api/v1/admin/exports/products.csv"
			s.send(ctx, "export", "GET", export, admin.Token(), apitest.Raw{})
		case i%50 == 7:
			s.send(ctx, "import", "POST", "/api/v1/admin/imports", admin.Token(), file)
		}
	}
	for i := range 20 { // what is made once
		round(t.Context(), i)
	}
	s.client.CloseIdleConnections()
	before, most := use(t, server), usage{}
	keysBefore := redis.DBSize(t.Context()).Val()

	ctx, end := context.WithTimeout(t.Context(), during)
	defer end()
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := worker; ctx.Err() == nil; i += 8 {
				round(ctx, i)
			}
		})
	}
	for every := time.NewTicker(500 * time.Millisecond); ctx.Err() == nil; {
		now := use(t, server)
		most = usage{
			memory:     max(most.memory, now.memory),
			files:      max(most.files, now.files),
			goroutines: max(most.goroutines, now.goroutines),
		}
		select {
		case <-every.C:
		case <-ctx.Done():
		}
	}
	all.Wait()
	s.client.CloseIdleConnections()
	require.Eventually(t, func() bool { // imports are worked to their end
		const open = "SELECT count(*) FROM imports WHERE finished_at IS NULL"
		return apitest.Value[int](shop, open) == 0
	}, 10*time.Minute, 100*time.Millisecond)
	var after usage
	assert.Eventually(t, func() bool {
		after = use(t, server)
		return after.goroutines <= before.goroutines+20 && after.files <= before.files+20
	}, time.Minute, 200*time.Millisecond)
	t.Logf("%s of %v", during, s.counts)
	t.Logf("before %+v, at most %+v, after %+v", before, most, after)
	assert.LessOrEqual(t, most.memory, before.memory+256, "MiB")
	lasting := 0
	keys, err := redis.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	for _, key := range keys {
		if redis.TTL(t.Context(), key).Val() == -1 {
			lasting++
		}
	}
	t.Logf("keys of Redis: %d before, %d after, %d without an end", keysBefore, len(keys), lasting)
	assert.LessOrEqual(t, lasting, 5, "what has no end must not grow")
	for what, n := range s.counts {
		status := what[len(what)-3:]
		assert.NotEqual(t, "500", status, "%s: %d", what, n)
	}
	for _, name := range []string{
		"list 200", "search 200", "question 200", "order 201", "image 201",
	} {
		assert.Positive(t, s.counts[name], name)
	}
	server.Kill()
	shop.RequireSound()
}
