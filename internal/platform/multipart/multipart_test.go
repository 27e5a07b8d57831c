package multipart_test

import (
	"bytes"
	"io"
	standard "mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/platform/multipart"
	"github.com/shopd/shopd/internal/platform/problem"
)

// parts returns a form of the named parts, each with its text; the text of a file is its content.
func parts(t *testing.T, namesAndTexts ...string) (body []byte, boundary string) {
	t.Helper()
	var b bytes.Buffer
	w := standard.NewWriter(&b)
	for i := 0; i < len(namesAndTexts); i += 2 {
		require.NoError(t, w.WriteField(namesAndTexts[i], namesAndTexts[i+1]))
	}
	require.NoError(t, w.Close())
	return b.Bytes(), w.Boundary()
}

type upload struct{ file, title string }

func read(body io.Reader, boundary string) (u upload, err error) {
	err = multipart.Form{
		File: func(part *standard.Part) error {
			content, err := io.ReadAll(part)
			if err != nil {
				return multipart.ReadError(err)
			}
			u.file = string(content)
			return nil
		},
		Texts: map[string]func(string) error{
			"title": func(text string) error { u.title = text; return nil },
		},
	}.Read(standard.NewReader(body, boundary))
	return u, err
}

func TestFormIsRead(t *testing.T) {
	t.Parallel()
	body, boundary := parts(t, "title", "A", "file", "content")
	u, err := read(bytes.NewReader(body), boundary)
	require.NoError(t, err)
	assert.Equal(t, upload{"content", "A"}, u)
}

func TestFormIsRefused(t *testing.T) {
	t.Parallel()
	for want, form := range map[string][]string{
		"/file is required":                 {"title", "A"},
		"/title may be sent only once":      {"title", "A", "title", "B", "file", "c"},
		"/other is not a part of this":      {"other", "A", "file", "c"},
		"/title is too long":                {"title", strings.Repeat("a", 5000), "file", "c"},
		"/otherx is not a part of this":     {"other\u200bx", "A"},
		"/" + strings.Repeat("n", 64) + " ": {strings.Repeat("n", 80), "A"},
	} {
		body, boundary := parts(t, form...)
		_, err := read(bytes.NewReader(body), boundary)
		var p *problem.Error
		require.ErrorAs(t, err, &p, want)
		assert.Equal(t, http.StatusUnprocessableEntity, p.Status)
		assert.Contains(t, p.Detail, want)
	}
}

func TestFormThatEndsEarlyIsMalformed(t *testing.T) {
	t.Parallel()
	body, boundary := parts(t, "title", "A", "file", "content")
	for _, length := range []int{80, len(body) / 2, len(body) - 20} {
		_, err := read(bytes.NewReader(body[:length]), boundary)
		require.ErrorIs(t, err, multipart.ErrMalformed, "%d bytes", length)
	}
}

func TestFormThatIsTooLargeKeepsItsError(t *testing.T) {
	t.Parallel()
	body, boundary := parts(t, "title", "A", "file", strings.Repeat("c", 10_000))
	limited := http.MaxBytesReader(
		httptest.NewRecorder(), io.NopCloser(bytes.NewReader(body)), 5_000,
	)
	_, err := read(limited, boundary)
	var tooLarge *http.MaxBytesError
	require.ErrorAs(t, err, &tooLarge)
}
