package feeds_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// startImport: images are fetched after the rows, each once. One that cannot be fetched is a
// warning, and the next import tries it again.
func TestImagesAreFetchedInTheBackground(t *testing.T) {
	t.Parallel()
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30))))
	var fetched, there atomic.Int64
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetched.Add(1)
		if r.URL.Path == "/later.png" && there.Load() == 0 {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(picture.Bytes())
	}))
	t.Cleanup(remote.Close)
	shop := apitest.New(
		t, apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"},
		apitest.Setting{Name: "WORKERS", Value: "true"},
	)
	admin := shop.Admin()
	feed := []byte(
		fmt.Sprintf(
			"id,title,price,image_link,additional_image_link\n"+
				"A,One,1,%[1]s/a.png,\"%[1]s/b.png, %[1]s/later.png\"\nB,Two,1,%[1]s/a.png,\n",
			remote.URL,
		),
	)
	runFile := func(content []byte, parts ...part) (done api.Import) {
		admin.Post(imports, form(t, content, parts...)).Want(http.StatusAccepted).Into(&done)
		require.Eventually(t, func() bool {
			admin.Get(at(done.ID)).Want(http.StatusOK).Into(&done)
			return done.FinishedAt != nil &&
				apitest.Value[int](
					shop,
					"SELECT count(*)::int FROM river_job WHERE kind = 'feeds.fetch_images' "+
						"AND finalized_at IS NULL",
				) == 0
		}, 30*time.Second, 20*time.Millisecond)
		admin.Get(at(done.ID)).Into(&done)
		return done
	}
	run := func(parts ...part) api.Import { return runFile(feed, parts...) }
	none := run(part{"images", "false"})
	assert.Equal(t, [4]int64{2, 0, 0, 0}, counted(none))
	assert.Zero(t, fetched.Load())

	first := run()
	assert.Equal(t, [4]int64{0, 0, 2, 0}, counted(first))
	assert.EqualValues(t, 4, fetched.Load())
	assert.EqualValues(t, 1, first.Rows.Warnings)
	var page api.ImportErrorPage
	admin.Get(at(first.ID) + "/errors").Into(&page)
	require.Len(t, page.Items, 1)
	assert.Equal(t, api.ImportErrorSeverityWarning, page.Items[0].Severity)
	assert.EqualValues(t, 2, page.Items[0].Row)
	assert.Contains(t, page.Items[0].Message, "/later.png")

	there.Store(1)
	assert.Zero(t, run().Rows.Warnings)
	assert.EqualValues(t, 5, fetched.Load(), "those that are there are not fetched again")
	run()
	assert.EqualValues(t, 5, fetched.Load())
	assert.Equal(t, 4, apitest.Value[int](shop, "SELECT count(*)::int FROM product_images"))

	rows := exportOf(t, admin.Get(exports))
	assert.Regexp(t, `^/media/[0-9a-z-]+\.(png|jpg)$`, rows[0]["image_link"])
	images, err := json.Marshal(rows[0])
	require.NoError(t, err)
	assert.NotContains(t, string(images), remote.URL)
	again := runFile(admin.Get(exports).Body)
	assert.Equal(t, [4]int64{0, 0, 2, 0}, counted(again))
	assert.EqualValues(t, 5, fetched.Load(), "the shop's own images are not fetched")
}
