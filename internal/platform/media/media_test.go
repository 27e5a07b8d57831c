package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// place is a store, with direct access to the folder or bucket it stores files in.
type place struct {
	store    *Store
	setting  string
	list     func() []string
	add      func(name string)
	takeAway func()
	sent     *atomic.Pointer[http.Header] // of the last write to a bucket
}

// inFolder and inBucket are a table: every test of the store runs with both.
func inFolder(t *testing.T) place {
	folder := filepath.Join(t.TempDir(), "uploads", "images")
	store, err := Open(t.Context(), folder, "")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	return place{
		store:   store,
		setting: "UPLOAD_DIR",
		list: func() (all []string) {
			files, err := os.ReadDir(folder)
			require.NoError(t, err)
			for _, file := range files {
				all = append(all, file.Name())
			}
			return all
		},
		add: func(name string) {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600))
		},
		takeAway: func() { require.NoError(t, os.RemoveAll(filepath.Dir(folder))) },
	}
}

func inBucket(t *testing.T) place {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":           "test",
		"AWS_SECRET_ACCESS_KEY":       "test",
		"AWS_SESSION_TOKEN":           "",
		"AWS_PROFILE":                 "",
		"AWS_CONFIG_FILE":             "/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_EC2_METADATA_DISABLED":   "true",
	} {
		t.Setenv(name, value)
	}
	objects := s3mem.New()
	require.NoError(t, objects.CreateBucket("shop-media"))
	sent, fake := new(atomic.Pointer[http.Header]), gofakes3.New(objects).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			sent.Store(&r.Header)
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	bucketURL := "s3://shop-media?region=eu-central-1&use_path_style=true&endpoint=" +
		url.QueryEscape(server.URL)
	store, err := Open(t.Context(), "/nowhere", bucketURL)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	return place{
		store: store, setting: "MEDIA_BUCKET", sent: sent,
		list: func() (all []string) {
			list, err := objects.ListBucket("shop-media", nil, gofakes3.ListBucketPage{})
			require.NoError(t, err)
			for _, object := range list.Contents {
				all = append(all, object.Key)
			}
			return all
		},
		add: func(name string) {
			_, err := objects.PutObject(
				"shop-media", name, map[string]string{}, strings.NewReader("x"), 1, nil,
			)
			require.NoError(t, err)
		},
		takeAway: func() { require.NoError(t, objects.ForceDeleteBucket("shop-media")) },
	}
}

func everywhere(t *testing.T, test func(t *testing.T, p place)) {
	t.Run("folder", func(t *testing.T) { test(t, inFolder(t)) })
	t.Run("bucket", func(t *testing.T) { test(t, inBucket(t)) })
}

func read(t *testing.T, s *Store, name string) string {
	t.Helper()
	file, err := s.Get(t.Context(), name)
	require.NoError(t, err)
	defer func() { assert.NoError(t, file.Close()) }()
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	assert.EqualValues(t, len(content), file.Size)
	return string(content)
}

func TestStore(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		name, err := p.store.Put(t.Context(), []byte("picture"), "-320.jpg")
		require.NoError(t, err)
		assert.Regexp(t, "^[0-9a-f]{24}-320.jpg$", name)
		assert.Equal(t, []string{name}, p.list(), "no other file")
		assert.Equal(t, "picture", read(t, p.store, name))

		file, err := p.store.Get(t.Context(), name)
		require.NoError(t, err)
		assert.Equal(t, "image/jpeg", file.ContentType)
		_, err = file.Seek(3, io.SeekStart)
		require.NoError(t, err)
		rest, err := io.ReadAll(file)
		require.NoError(t, err)
		assert.Equal(t, "ture", string(rest))
		require.NoError(t, file.Close())

		for extension, contentType := range contentTypes {
			name, err := p.store.Put(t.Context(), []byte("picture"), extension)
			require.NoError(t, err)
			file, err := p.store.Get(t.Context(), name)
			require.NoError(t, err)
			assert.Equal(t, contentType, file.ContentType)
			require.NoError(t, file.Close())
		}
		for _, suffix := range []string{"", ".txt", ".html", "/../x.jpg", ".JPG", ".jpg.tmp"} {
			_, err := p.store.Put(t.Context(), []byte("picture"), suffix)
			require.Error(t, err, suffix)
		}

		require.NoError(t, p.store.Check(t.Context()))
		require.NoError(t, p.store.Delete(t.Context(), name))
		_, err = p.store.Get(t.Context(), name)
		require.ErrorIs(t, err, ErrNotFound)
		require.NoError(t, p.store.Delete(t.Context(), name), "twice is no error")
	})
}

// The headers of objects matter to a CDN that reads the bucket directly.
func TestHeadersOfObjects(t *testing.T) {
	p := inBucket(t)
	_, err := p.store.Put(t.Context(), []byte("picture"), ".webp")
	require.NoError(t, err)
	assert.Equal(t, "image/webp", p.sent.Load().Get("Content-Type"))
	assert.Equal(t, CacheControl, p.sent.Load().Get("Cache-Control"))
}

func TestFilesMayBeReadByOthers(t *testing.T) {
	p := inFolder(t)
	name, err := p.store.Put(t.Context(), []byte("picture"), ".webp")
	require.NoError(t, err)
	info, err := os.Stat(filepath.Join(p.store.folder, name))
	require.NoError(t, err)
	assert.NotZero(
		t, info.Mode()&0o040, "a web server of another user may serve the folder: %s", info.Mode(),
	)
}

func TestStoredAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		content := bytes.Repeat([]byte("picture"), 100_000)
		names := make([]string, 8)
		var all sync.WaitGroup
		for i := range names {
			all.Go(func() {
				name, err := p.store.Put(t.Context(), content, "-320.jpg")
				assert.NoError(t, err)
				names[i] = name
			})
		}
		all.Wait()
		for _, name := range names {
			assert.Equal(t, names[0], name)
		}
		assert.Equal(t, names[:1], p.list(), "no drafts are left")
		assert.Equal(t, string(content), read(t, p.store, names[0]))
	})
}

func TestForeignNames(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		p.add("notes.txt")
		p.add("UPPER.jpg")
		p.add("draft.jpg.18a.tmp")
		before := p.list()
		for _, name := range []string{
			"missing.jpg", "", ".", "..", ".jpg", "notes.txt", "UPPER.jpg", "draft.jpg.18a.tmp",
			"../x.jpg", "..\\x.jpg", "a/b.jpg", "%2e%2e%2fx.jpg", "x.jpg\x00", "x\x00.jpg",
			"x.jpg\n", "/etc/passwd", "é.jpg", "x.jpg.attrs", strings.Repeat("a", 300) + ".jpg",
		} {
			_, err := p.store.Get(t.Context(), name)
			require.ErrorIs(t, err, ErrNotFound, name)
			require.NoError(t, p.store.Delete(t.Context(), name), name)
		}
		assert.Equal(t, before, p.list())
	})
}

// A write that fails, because the content ends with an error or the caller cancels it, leaves no
// file behind.
func TestWritesThatFail(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		broken := errors.New("broken")
		for _, sent := range []int{0, 100, 20 << 20} {
			content := io.MultiReader(bytes.NewReader(make([]byte, sent)), failing{broken})
			require.ErrorIs(t, p.store.write(t.Context(), "half.jpg", content), broken)
			_, err := p.store.Get(t.Context(), "half.jpg")
			require.ErrorIs(t, err, ErrNotFound)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := p.store.Put(ctx, []byte("picture"), ".jpg")
		require.Error(t, err)
		assert.Empty(t, p.list())
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A file that a crash of the machine cut short is written again.
func TestCutFileIsWrittenAgain(t *testing.T) {
	p := inFolder(t)
	name, err := p.store.Put(t.Context(), []byte("picture"), ".jpg")
	require.NoError(t, err)
	p.add(name)
	require.Equal(t, "x", read(t, p.store, name))
	_, err = p.store.Put(t.Context(), []byte("picture"), ".jpg")
	require.NoError(t, err)
	assert.Equal(t, "picture", read(t, p.store, name))
}

func TestPlaceIsGone(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		p.takeAway()
		assert.ErrorContains(t, p.store.Check(t.Context()), p.setting+": ")
	})
}

func TestWrongPlaces(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, folder := range []string{file, filepath.Join(file, "images"), "/proc/nowhere"} {
		_, err := Open(t.Context(), folder, "")
		assert.ErrorContains(t, err, "UPLOAD_DIR: ", folder)
	}
	for _, bucket := range []string{
		"shop-media", "ftp://shop-media", "s3://", "s3://shop-media?regoin=eu-central-1", "://",
	} {
		_, err := Open(t.Context(), "", bucket)
		assert.ErrorContains(t, err, "MEDIA_BUCKET: ", bucket)
	}
}

func TestUnreachableBucket(t *testing.T) {
	p := inBucket(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, p.store.Check(ctx), "MEDIA_BUCKET: ")
	_, err := p.store.Put(ctx, []byte("picture"), ".jpg")
	require.ErrorContains(t, err, "MEDIA_BUCKET: ")
	_, err = p.store.Get(ctx, "a.jpg")
	require.ErrorContains(t, err, "MEDIA_BUCKET: ")
	require.ErrorContains(t, p.store.Delete(ctx, "a.jpg"), "MEDIA_BUCKET: ")
}
