package catalog_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// gifOf makes a GIF of one-pixel frames on a screen.
func gifOf(width, height uint16, frames int) string {
	file := []byte("GIF89a")
	file = binary.LittleEndian.AppendUint16(file, width)
	file = binary.LittleEndian.AppendUint16(file, height)
	file = append(file, 0x80, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0) // two colours
	for range frames {
		file = append(file, "\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"...)
	}
	return string(append(file, 0x3b))
}

// pngBomb says it is 40,000 pixels wide and high.
func pngBomb(t *testing.T) string {
	bomb := []byte(
		asPNG(
			t, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Black, color.White}),
		),
	)
	binary.BigEndian.PutUint32(bomb[16:], 40_000)
	binary.BigEndian.PutUint32(bomb[20:], 40_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	return string(bomb)
}

// allocated returns how many bytes the process allocated during work.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// createProductImage: bombs and broken files are refused within little memory. It runs alone, since
// it counts the memory of the process.
func TestHostileImages(t *testing.T) {
	g := newGallery(t)
	photo := asJPEG(t, picture(400, 400))
	for name, content := range map[string]string{
		"PNG bomb":       pngBomb(t),
		"GIF bomb":       gifOf(1000, 1000, 10_000),
		"SVG":            `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
		"HTML":           "<!doctype html><script>alert(1)</script>",
		"truncated JPEG": photo[:len(photo)/2],
		"nothing":        "",
		"text":           strings.Repeat("text ", 1000),
	} {
		spent := allocated(func() {
			problem := g.admin.Post(g.images, form(file(content))).
				Problem(http.StatusUnprocessableEntity, "invalid_image")
			assert.NotContains(t, problem.Detail, "invalid format", "no decoder's words")
		})
		assert.Less(t, spent, uint64(16<<20), name)
		t.Logf("%-15s %6.1f kB", name, float64(spent)/1e3)
		g.requireEmpty(t)
	}
	padding := strings.Repeat("\x00", 10<<20+1-len(photo))
	g.admin.Post(g.images, form(file(photo+padding))).
		Problem(http.StatusRequestEntityTooLarge, "image_too_large")
	g.admin.Post(g.images, form(file(photo+padding+padding))).
		Problem(http.StatusRequestEntityTooLarge, "body_too_large")
	g.requireEmpty(t)
	g.upload(form(file(photo + padding[1:])))
}

// createProductImage, getMedia: a file that is also a page or a program is an image alone
// afterwards.
func TestPolyglotsBecomePlainImages(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	const page = "<html><script>alert(1)</script></html>"
	polyglot := gifOf(10, 10, 1)
	polyglot = polyglot[:len(polyglot)-1] + "\x21\xfe" + string(
		rune(len(page)),
	) + page + "\x00\x3b" + page
	for _, size := range g.upload(form(file(polyglot))).Sizes {
		shown := g.Get(size.URL).Want(http.StatusOK)
		assert.NotContains(t, string(shown.Body), "script")
		assert.Equal(t, "nosniff", shown.Header.Get("X-Content-Type-Options"))
	}
}

// createProductImage: the name of an uploaded file decides nothing.
func TestFileNamesAreIgnored(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	content := asPNG(t, picture(8, 8))
	for _, name := range []string{
		"../../../etc/passwd", `..\\..\\evil.png`, "/etc/cron.d/x", "a.svg", "%2e%2e%2fx.png",
	} {
		g.upload(form(part{"file", name, content}))
	}
	assert.Len(t, g.files(t), 5)
	for _, name := range g.files(t) {
		assert.Regexp(t, `^[a-f0-9]{24}-[a-z0-9]{10}-8\.jpg$`, name)
	}
}

// createProductImage: forms with missing, repeated or unknown parts are refused.
func TestFormsRefuse(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	image := file(asPNG(t, picture(8, 8)))
	for pointer, parts := range map[string][]part{
		"/file":       {{"alt", "", "no file"}},
		"/id":         {{"id", "", "7"}, image},
		"/alt":        {{"alt", "", strings.Repeat("é", 501)}, image},
		"/is_primary": {{"is_primary", "", "yes"}, image},
		"/position":   {{"position", "", "-1"}, image},
		"/":           {{"", "", "nameless"}, image},
	} {
		problem := g.admin.Post(g.images, form(parts...)).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
		assert.Equal(t, pointer, problem.Errors[0].Pointer)
	}
	for _, parts := range [][]part{
		{image, image},
		{image, {"alt", "", "a"}, {"alt", "", "b"}},
		{{"alt", "", strings.Repeat("x", 5000)}, image},
		{{"alt", "", "\xff"}, image},
		{{"alt", "", "a\x00b"}, image},
		{{"position", "", "4294967296"}, image},
		{{strings.Repeat("long", 1000), "", "x"}, image},
	} {
		g.admin.Post(g.images, form(parts...)).
			Problem(http.StatusUnprocessableEntity, "invalid_request")
	}
	whole := form(image)
	for length := range len(whole.Content) - 4 {
		answer := g.admin.Post(
			g.images, apitest.Raw{ContentType: whole.ContentType, Content: whole.Content[:length]},
		)
		require.Contains(
			t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, answer.Status,
			"%d: %s", length, answer,
		)
	}
	g.admin.Post(g.images, apitest.Raw{ContentType: whole.ContentType}).
		Problem(http.StatusBadRequest, "missing_body")
	g.admin.Post(g.images, apitest.Raw{ContentType: "multipart/form-data", Content: whole.Content}).
		Problem(http.StatusBadRequest, "malformed_multipart")
	g.admin.Post(g.images, apitest.Raw{
		ContentType: "multipart/mixed; boundary=x",
		Content:     whole.Content,
	}).
		Problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	g.requireEmpty(t)
}

// createProductImage: addresses inside the server's network, and those that lead there, are not
// fetched.
func TestAddressesThatAreNotFetched(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	allowing := newGallery(t, apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"})
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		case "/gone":
			http.NotFound(w, r)
		default:
			_, _ = w.Write([]byte(asPNG(t, picture(8, 8))))
		}
	}))
	defer remote.Close()
	details := map[string]bool{}
	for _, url := range []string{
		remote.URL, "http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/",
		"http://[::1]/", "http://0x7f.1/", "http://2130706433/", "http://localhost/",
		"ftp://example.com/a.png", "file:///etc/passwd", "http://user:pass@example.com/",
		"gopher://x", "nonsense", "http://no-such-host.invalid/",
	} {
		details[g.admin.Post(g.images, apitest.Fields{"url": url}).Problem(
			http.StatusUnprocessableEntity, "url_refused",
		).Detail] = true
	}
	for _, path := range []string{"/redirect", "/gone"} {
		details[allowing.admin.Post(
			allowing.images, apitest.Fields{"url": remote.URL + path},
		).Problem(http.StatusUnprocessableEntity, "url_refused").Detail] = true
	}
	assert.Len(t, details, 1, "all refusals look the same")
	g.requireEmpty(t)
	allowing.requireEmpty(t)
}

// endless is a stream of 10 GB that begins like an image.
func endless(head string) io.Reader {
	return io.LimitReader(io.MultiReader(strings.NewReader(head), zeros{}), 10<<30)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// createProductImage: uploads and downloads without an end are cut off within little memory. It
// runs alone, since it counts the memory of the process.
func TestEndlessImages(t *testing.T) {
	g := newGallery(t, apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"})
	photo := asJPEG(t, picture(400, 400))
	whole := form(file(photo))
	head := whole.Content[:strings.Index(whole.Content, photo)+len(photo)]
	spent := allocated(func() {
		request, err := http.NewRequestWithContext(
			t.Context(), http.MethodPost, g.URL()+g.images, endless(head),
		)
		require.NoError(t, err)
		request.Header.Set("Content-Type", whole.ContentType)
		request.Header.Set("Authorization", "Bearer "+g.admin.Token())
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode, "%s", text)
	})
	t.Logf("endless upload: %.1f MB", float64(spent)/1e6)
	assert.Less(t, spent, uint64(64<<20))
	g.requireEmpty(t)

	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, endless(photo)) // ends with the connection
	}))
	defer remote.Close()
	spent = allocated(func() {
		problem := g.admin.Post(g.images, apitest.Fields{"url": remote.URL}).
			Problem(http.StatusUnprocessableEntity, "invalid_image")
		assert.Contains(t, problem.Detail, "10 MiB")
	})
	t.Logf("endless remote: %.1f MB", float64(spent)/1e6)
	assert.Less(t, spent, uint64(64<<20))
	g.requireEmpty(t)
}

// createProductImage: when files cannot be stored, no row is left.
func TestStorageThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	require.NoError(t, os.RemoveAll(g.folder))
	require.NoError(t, os.WriteFile(g.folder, []byte("no folder"), 0o600))
	g.admin.Post(g.images, form(file(asPNG(t, picture(400, 400))))).
		Problem(http.StatusServiceUnavailable, "storage_unavailable")
	require.NoError(t, os.Remove(g.folder))
	require.NoError(t, os.Mkdir(g.folder, 0o755))
	g.requireEmpty(t)
}

// createProductImage: when the transaction fails, its files are removed.
func TestATransactionThatFailsTakesItsFilesAlong(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	g.Exec("ALTER TABLE product_images ADD CHECK (alt <> 'refused')")
	assert.Equal(
		t,
		http.StatusInternalServerError,
		g.admin.Post(
			g.images, form(file(asPNG(t, picture(400, 400))), part{"alt", "", "refused"}),
		).Status,
	)
	g.requireEmpty(t)
}

// getMedia: ranges of bytes, If-Range and If-None-Match.
func TestPartsOfMedia(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	shown := g.upload(form(file(asPNG(t, picture(400, 400)))))
	whole := g.Get(shown.URL).Want(http.StatusOK)
	tag := whole.Header.Get("ETag")
	assert.Equal(t, "bytes", whole.Header.Get("Accept-Ranges"))
	ask := func(headers ...apitest.Header) *apitest.Answer { return g.Get(shown.URL, headers...) }
	bytesOf := func(value string) apitest.Header {
		return apitest.Header{Name: "Range", Value: value}
	}
	part := ask(bytesOf("bytes=10-19")).Want(http.StatusPartialContent)
	assert.Equal(t, whole.Body[10:20], part.Body)
	assert.Regexp(t, `^bytes 10-19/\d+$`, part.Header.Get("Content-Range"))
	assert.Equal(
		t, whole.Body[len(whole.Body)-5:],
		ask(bytesOf("bytes=-5")).Want(http.StatusPartialContent).Body,
	)
	assert.Equal(
		t, whole.Body, ask(bytesOf("bytes=0-1,4-5")).Want(http.StatusOK).Body,
		"several at once are not worth it",
	)
	for _, malformed := range []string{
		"=", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=99999999999999999999-", "pages=1-2",
	} {
		assert.Equal(t, whole.Body, ask(bytesOf(malformed)).Want(http.StatusOK).Body, malformed)
	}
	refused := ask(bytesOf("bytes=100000000-"))
	refused.Problem(http.StatusRequestedRangeNotSatisfiable, "range_not_satisfiable")
	assert.Regexp(t, `^bytes \*/\d+$`, refused.Header.Get("Content-Range"))

	ask(
		bytesOf("bytes=0-1"), apitest.Header{Name: "If-Range", Value: tag},
	).Want(http.StatusPartialContent)
	ask(
		bytesOf("bytes=0-1"), apitest.Header{Name: "If-Range", Value: `"another"`},
	).Want(http.StatusOK)
	ask(bytesOf("bytes=0-1"), apitest.IfNoneMatch(tag)).Want(http.StatusNotModified)
	ask(apitest.IfNoneMatch(`"another", W/` + tag)).Want(http.StatusNotModified)
	head := g.Call(http.MethodHead, shown.URL, nil).Want(http.StatusOK)
	assert.Equal(t, whole.Header.Get("Content-Length"), head.Header.Get("Content-Length"))
	assert.False(t, bytes.Equal(whole.Body, head.Body))
}
