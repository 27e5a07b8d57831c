package feeds_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m, "feeds") }

// Every operation of the tag feeds: token, role, body and parameters.
func TestGuards(t *testing.T) { apitest.Guards(t, "feeds") }

// Every operation of the tag feeds: its rate limit.
func TestLimits(t *testing.T) { apitest.Limits(t, "feeds") }

const imports = "/api/v1/admin/imports"

// part of a form.
type part struct{ name, value string }

// form returns an upload of a file with options.
func form(t testing.TB, content []byte, parts ...part) apitest.Raw {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		require.NoError(t, w.WriteField(p.name, p.value))
	}
	if content != nil {
		file, err := w.CreateFormFile("file", "products.csv")
		require.NoError(t, err)
		_, err = file.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return apitest.Raw{ContentType: w.FormDataContentType(), Content: body.String()}
}

// load uploads a file and imports it to its end.
func load(
	t testing.TB, s *apitest.Shop, caller apitest.Caller, content []byte, parts ...part,
) api.Import {
	t.Helper()
	var started api.Import
	caller.Post(imports, form(t, content, parts...)).Want(http.StatusAccepted).Into(&started)
	return work(t, s, caller, started.ID)
}

// work runs an import as the workers do.
func work(t testing.TB, s *apitest.Shop, caller apitest.Caller, id int64) (done api.Import) {
	t.Helper()
	for {
		more, err := s.App.Feeds.RunImport(t.Context(), id, time.Now().Add(time.Minute), nil)
		require.NoError(t, err)
		if !more {
			break
		}
	}
	caller.Get(at(id)).Want(http.StatusOK).Into(&done)
	assert.NotNil(t, done.FinishedAt)
	return done
}

func at(id int64) string { return fmt.Sprintf("%s/%d", imports, id) }

// complaints returns the errors and warnings of an import as "row column: message".
func complaints(caller apitest.Caller, id int64) []string {
	var page api.ImportErrorPage
	caller.Get(at(id) + "/errors?limit=100").Want(http.StatusOK).Into(&page)
	texts := make([]string, 0, len(page.Items))
	for _, e := range page.Items {
		column := ""
		if e.Column != nil {
			column = *e.Column
		}
		texts = append(texts, fmt.Sprintf("%d %s: %s", e.Row, column, e.Message))
	}
	return texts
}

// counted returns the counts of the rows of an import: created, updated, unchanged, failed.
func counted(i api.Import) [4]int64 {
	return [4]int64{i.Rows.Created, i.Rows.Updated, i.Rows.Unchanged, i.Rows.Failed}
}
