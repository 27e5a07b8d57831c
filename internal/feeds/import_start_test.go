package feeds_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// manyRows returns a feed of n products.
func manyRows(n int) []byte {
	var b strings.Builder
	b.WriteString("id,title,description,price,brand,product_type,quantity\n")
	for i := range n {
		fmt.Fprintf(
			&b, "R-%d,Thing number %d,Good for many things.,%d.99,Brand %d,Things > Kind %d,%d\n",
			i, i, i%90+1, i%7, i%11, i%50,
		)
	}
	return []byte(b.String())
}

// staff returns a caller with a new account of the role staff.
func staff(s *apitest.Shop) apitest.Caller {
	var me api.User
	s.Customer().Get("/api/v1/users/me").Want(http.StatusOK).Into(&me)
	s.Admin().
		Put(fmt.Sprintf("/api/v1/admin/customers/%d/role", me.ID), apitest.Fields{"role": "staff"}).
		Want(http.StatusOK)
	return s.Login(me.Email, "correct horse 9")
}

// listImports, getImport, listImportErrors, cancelImport: who sees which imports.
func TestImportsAreTheirOwners(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin, ada, bob := shop.Admin(), staff(shop), staff(shop)
	var started api.Import
	ada.Post(imports, form(t, []byte(phones))).Want(http.StatusAccepted).Into(&started)
	assert.Equal(t, api.ImportStatusQueued, started.Status)
	assert.Equal(t, "products.csv", started.Source)
	assert.Nil(t, started.Rows.Total)
	bobs := load(t, shop, bob, []byte(phones), part{"images", "false"}, part{"batch_size", "3"})
	assert.EqualValues(t, 3, bobs.BatchSize)
	assert.False(t, bobs.Images)

	list := func(caller apitest.Caller, query string) (ids []int64) {
		var page api.ImportPage
		caller.Get(imports + query).Want(http.StatusOK).Into(&page)
		for _, i := range page.Items {
			ids = append(ids, i.ID)
		}
		return ids
	}
	assert.Equal(t, []int64{started.ID}, list(ada, ""))
	assert.Equal(t, []int64{bobs.ID}, list(bob, ""))
	assert.Equal(t, []int64{bobs.ID, started.ID}, list(admin, ""))
	assert.Equal(t, []int64{started.ID}, list(admin, "?status=queued"))
	assert.Equal(t, []int64{started.ID}, list(admin, "?limit=1&offset=1"))
	var page api.ImportPage
	admin.Get(imports + "?limit=1").Into(&page)
	assert.Equal(t, []int64{started.ID}, list(admin, "?limit=1&cursor="+*page.NextCursor))
	admin.Get(imports+"?cursor=none").Problem(http.StatusUnprocessableEntity, "invalid_request")

	for _, address := range []string{at(started.ID), at(started.ID) + "/errors"} {
		bob.Get(address).Problem(http.StatusNotFound, "import_not_found")
		admin.Get(address).Want(http.StatusOK)
	}
	bob.Post(at(started.ID)+"/cancel", nil).Problem(http.StatusNotFound, "import_not_found")
	first := ada.Get(at(started.ID)).Want(http.StatusOK)
	ada.Get(at(started.ID), apitest.IfNoneMatch(first.Header.Get("ETag"))).
		Want(http.StatusNotModified)

	var cancelled api.Import
	ada.Post(at(started.ID)+"/cancel", nil).Want(http.StatusOK).Into(&cancelled)
	assert.Equal(t, api.ImportStatusCancelled, cancelled.Status)
	ada.Post(at(started.ID)+"/cancel", nil).Problem(http.StatusConflict, "import_finished")
	assert.Zero(t, work(t, shop, ada, started.ID).Rows.Done, "and no runner works on it")
}

// cancelImport: the import stops behind a whole batch, and so does its runner.
func TestAnImportIsCancelledBetweenBatches(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	admin := shop.Admin()
	var started, now api.Import
	admin.Post(imports, form(t, manyRows(500), part{"batch_size", "10"})).
		Want(http.StatusAccepted).
		Into(&started)
	more, err := shop.App.Feeds.RunImport(t.Context(), started.ID, time.Now(), nil) // one batch
	require.NoError(t, err)
	require.True(t, more)
	admin.Get(at(started.ID)).Into(&now)
	assert.Equal(t, api.ImportStatusRunning, now.Status)
	assert.EqualValues(t, 10, now.Rows.Done)
	assert.EqualValues(t, 500, *now.Rows.Total)
	assert.EqualValues(t, 2, now.Percent)
	assert.NotNil(t, now.Eta)
	admin.Post(at(started.ID)+"/cancel", nil).Want(http.StatusOK).Into(&now)
	assert.Equal(t, api.ImportStatusCancelled, now.Status)
	more, err = shop.App.Feeds.RunImport(t.Context(), started.ID, time.Now().Add(time.Minute), nil)
	require.NoError(t, err)
	assert.False(t, more)
	assert.Equal(t, 10, apitest.Value[int](shop, "SELECT count(*)::int FROM products"))
	shop.RequireSound()
}

// startImport: uploads that are refused leave no file behind.
func TestUploadsThatAreNone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	shop := apitest.New(t, apitest.Setting{Name: "UPLOAD_DIR", Value: folder})
	admin := shop.Admin()
	for name, body := range map[string]apitest.Raw{
		"no file":       form(t, nil, part{"dry_run", "true"}),
		"unknown part":  form(t, []byte(phones), part{"price", "1"}),
		"not a boolean": form(t, []byte(phones), part{"dry_run", "perhaps"}),
		"not a number":  form(t, []byte(phones), part{"batch_size", "0"}),
		"twice":         form(t, []byte(phones), part{"images", "true"}, part{"images", "true"}),
	} {
		t.Run(name, func(*testing.T) {
			admin.Post(imports, body).Problem(http.StatusUnprocessableEntity, "invalid_request")
		})
	}
	for name, content := range map[string]string{
		"zip": "PK\x03\x04 and more", "gzip": "\x1f\x8b\x08", "PDF": "%PDF-1.7", "empty": "",
	} {
		t.Run(name, func(*testing.T) {
			admin.Post(imports, form(t, []byte(content))).
				Problem(http.StatusUnprocessableEntity, "not_a_feed")
		})
	}
	body := form(t, []byte(phones))
	body.Content = body.Content[:len(body.Content)/2]
	admin.Post(imports, body).Problem(http.StatusBadRequest, "malformed_multipart")
	admin.Post(imports, apitest.Raw{
		ContentType: "application/json",
		Content:     `{"url": "` + strings.Repeat("x", 2<<20) + `"}`,
	}).
		Want(http.StatusRequestEntityTooLarge)
	for _, address := range []string{
		"ftp://a.example/x", "https://user:password@a.example/", "nonsense", "http://",
	} {
		admin.Post(imports, apitest.Fields{"url": address}).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	left, err := filepath.Glob(filepath.Join(folder, "private", "*"))
	require.NoError(t, err)
	assert.Empty(t, left, "nothing stays behind")
	assert.Zero(t, apitest.Value[int](shop, "SELECT count(*)::int FROM imports"))
	require.NoError(t, os.RemoveAll(filepath.Join(folder, "private")))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "private"), nil, 0o600))
	admin.Post(imports, form(t, []byte(phones))).
		Problem(http.StatusServiceUnavailable, "storage_unavailable")
}

// startImport: a feed at an address.
func TestAFeedFromTheWeb(t *testing.T) {
	t.Parallel()
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed.csv":
			_, _ = w.Write(wide(phones, false, true))
		case "/zip":
			_, _ = w.Write([]byte("PK\x03\x04"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(remote.Close)
	shop := apitest.New(t, apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"})
	admin := shop.Admin()
	fetch := func(shop *apitest.Shop, address string) api.Import {
		var started api.Import
		shop.Admin().
			Post(imports, apitest.Fields{"url": address, "batch_size": 2}).
			Want(http.StatusAccepted).
			Into(&started)
		return work(t, shop, shop.Admin(), started.ID)
	}
	done := fetch(shop, remote.URL+"/feed.csv?key=secret")
	assert.Equal(t, [4]int64{5, 0, 0, 0}, counted(done), complaints(admin, done.ID))
	assert.Equal(t, remote.URL+"/feed.csv", done.Source, "what may be secret is not shown")
	assert.Equal(
		t, "The file is a ZIP archive or an Excel workbook. Unpack it, or save it as CSV.",
		*fetch(shop, remote.URL+"/zip").Message,
	)
	missing := fetch(shop, remote.URL+"/missing")
	assert.Equal(t, api.ImportStatusFailed, missing.Status)

	guarded := apitest.New(t)
	inward := fetch(guarded, remote.URL+"/feed.csv")
	assert.Equal(t, api.ImportStatusFailed, inward.Status)
	assert.Equal(t, *missing.Message, *inward.Message, "a refusal does not reveal what is there")
}
