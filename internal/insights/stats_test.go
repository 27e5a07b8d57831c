package insights_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// getStats: how many products, orders and accounts there are.
func TestStats(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.product(apitest.Fields{"name": "Kettle", "price": "20.00", "stock": 100})
	s.product(apitest.Fields{"name": "Pan", "price": "20.00", "is_active": false})
	s.Customer()
	var body api.Stats
	assert.Equal(
		t, 5,
		s.Statements(func() { s.keeper.Get(admin + "/stats").Want(http.StatusOK).Into(&body) }),
		"four, and who asks",
	)
	assert.Equal(
		t, api.StatsCounts{Products: 2, ActiveProducts: 1, Variants: 2, Users: 2}, body.Counts,
	)
	assert.Positive(t, body.Database.Bytes)
	require.NotEmpty(t, body.Database.Tables)
	assert.GreaterOrEqual(t, body.Database.Tables[0].Bytes, body.Database.Tables[1].Bytes)
	require.NotNil(t, body.Redis)
	assert.Positive(t, body.Redis.MemoryBytes)
	assert.Positive(t, body.Jobs["available"], "the vectors of the new products wait to be made")
	assert.EqualValues(t, postgres.Newest(), body.Versions.Schema)
	assert.NotEmpty(t, body.Versions.Postgresql)
	assert.NotEmpty(t, body.Versions.Pgvector)
	assert.NotEmpty(t, *body.Versions.Redis)

	alone := s.Restart(apitest.Setting{Name: "REDIS_URL", Value: "redis://127.0.0.1:1/0"})
	alone.As(s.keeper.Token()).Get(admin + "/stats").Want(http.StatusOK).Into(&body)
	assert.Nil(t, body.Redis)
	assert.Nil(t, body.Versions.Redis)
}
