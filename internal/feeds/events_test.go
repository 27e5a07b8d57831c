package feeds_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// recorded returns the events that were stored, with their subjects.
func recorded(s *apitest.Shop) []string {
	return apitest.Value[[]string](
		s,
		`SELECT coalesce(array_agg(kind || ' ' || coalesce(data ->> 'name', data ->> 'status') ||
			coalesce(' at ' || (data ->> 'price'), '') ORDER BY id), '{}') FROM events`,
	)
}

// startImport, cancelImport: events of products and of the end of an import.
func TestImportsAreTold(t *testing.T) {
	t.Parallel()
	s := apitest.New(t)
	keeper := s.Admin()
	file := func(mugPrice, vases string) []byte {
		return []byte(
			"id,title,price,quantity,item_group_id,size\nmug,Mug," + mugPrice +
				",5,,\nv-s,Vase,30.00," + vases + ",vase,S\nv-l,Vase,40.00,3,vase,L\n",
		)
	}
	load(t, s, keeper, file("10.00", "3"))
	assert.Empty(t, recorded(s), "no webhook or mail wants events")

	keeper.Post("/api/v1/admin/webhooks", apitest.Fields{
		"url":    "https://example.com/",
		"events": []string{"product.created", "product.updated", "import.finished"},
	}).
		Want(http.StatusCreated)
	load(t, s, keeper, file("11.00", "3"), part{"dry_run", "true"})
	assert.Empty(t, recorded(s), "a trial changes nothing")
	second := load(
		t, s, keeper, append(file("11.00", "4"), "pan,Pan,25.00,1,,\njug,,1.00,1,,\n"...),
	)
	require.Equal(t, [4]int64{1, 2, 1, 1}, counted(second), complaints(keeper, second.ID))
	assert.Equal(
		t,
		[]string{
			"product.updated Mug at 11.00", "product.created Pan at 25.00",
			"import.finished completed",
		},
		recorded(s),
		"stock alone is no change of a product",
	)
	assert.JSONEq(
		t,
		`{"status": "completed", "total": 5, "created": 1, "updated": 2, "unchanged": 1,
			"failed": 1}`,
		apitest.Value[string](
			s,
			"SELECT (data - 'id' - 'finished_at')::text FROM events "+
				"WHERE kind = 'import.finished' AND object_id = $1",
			second.ID,
		),
	)
	var pan api.AdminProduct
	keeper.Get(
		"/api/v1/admin/products/" +
			apitest.Value[string](
				s, "SELECT object_id::text FROM events WHERE kind = 'product.created'",
			),
	).
		Want(http.StatusOK).
		Into(&pan)
	assert.EqualValues(t, 1, pan.Stock)
	assert.EqualValues(
		t,
		1,
		apitest.Value[int](
			s, "SELECT (data -> 'stock')::int FROM events WHERE kind = 'product.created'",
		),
		"as it is at the end",
	)

	s.Exec("TRUNCATE events CASCADE")
	var waits api.Import
	keeper.Post(imports, form(t, file("12.00", "4"))).Want(http.StatusAccepted).Into(&waits)
	keeper.Post(at(waits.ID)+"/cancel", nil).Want(http.StatusOK)
	assert.Equal(t, []string{"import.finished cancelled"}, recorded(s))
	keeper.Post(at(waits.ID)+"/cancel", nil).Problem(http.StatusConflict, "import_finished")
	load(t, s, keeper, []byte("colour,weight\nred,3\n"))
	assert.Equal(t, []string{"import.finished cancelled", "import.finished failed"}, recorded(s))
}
