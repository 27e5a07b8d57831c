package audit_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// write is one call by which staff changes something.
type write struct {
	operation string
	call      func() *apitest.Answer
}

// madeByOthers are tables that staff's writes change and that need no entry of their own: they are
// derived from other tables, are ledgers, which are logs themselves, or have entries by Record.
var madeByOthers = map[string]bool{
	"audit_events":         true,
	"order_history":        true,
	"stock_movements":      true,
	"product_listings":     true,
	"product_search":       true,
	"search_words":         true,
	"search_synonym_terms": true,
	"product_embeddings":   true,
	"category_embeddings":  true,
	"embedding_models":     true,
	"index_runs":           true,
	"events":               true,
	"webhook_deliveries":   true,
	"river_job":            true,
	"users":                true,
	"sessions":             true,
	"reviews":              true,
}

// noteWrites has every write of a row noted, and whether staff was known to be at work.
const noteWrites = `
	CREATE TABLE seen_writes (of text NOT NULL, audited boolean NOT NULL);
	CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO seen_writes VALUES (TG_TABLE_NAME,
			coalesce(current_setting('shopd.audit', true), '') <> '');
		RETURN NULL;
	END $$;
	DO $$
	DECLARE name text;
	BEGIN
		FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r'
			AND relnamespace = 'public'::regnamespace AND relname <> 'seen_writes' LOOP
			EXECUTE format('CREATE TRIGGER zz_seen AFTER INSERT OR UPDATE OR DELETE ON %I
				FOR EACH ROW EXECUTE FUNCTION note_write()', name);
		END LOOP;
	END $$`

// listAuditLog, and every operation of the contract by which staff changes something. One that is
// new fails here until it is performed too, leaves an entry, and writes nothing besides it.
func TestEveryWriteOfStaffIsInTheLog(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	administrator := apitest.Value[int64](
		shop, "SELECT id FROM users WHERE email = $1", apitest.AdminEmail,
	)
	performWrites(t, shop, shop.Admin(), &administrator, nil)
}

// listAuditLog, and every operation by which staff changes something, with a key that has every
// scope and without an account: each can be called so, and the log names the key.
func TestEveryWriteWithAnAPIKeyIsInTheLog(t *testing.T) {
	t.Parallel()
	shop := apitest.New(t)
	key := shop.Admin().APIKey(apitest.Scopes(t)...)
	performWrites(t, shop, shop.As(key.Key), nil, &key.ID)
}

// performWrites performs every write as one caller, and expects an entry of each with its actor or
// its API key.
func performWrites(t *testing.T, shop *apitest.Shop, keeper apitest.Caller, actor, key *int64) {
	walk := writes(t, shop, keeper)
	shop.Exec(noteWrites)
	performed, unseen := map[string]bool{}, slices.Sorted(maps.Keys(madeByOthers))
	for _, w := range walk {
		performed[w.operation] = true
		before := apitest.Value[int64](shop, "SELECT coalesce(max(id), 0) FROM audit_events")
		shop.Exec("TRUNCATE seen_writes")
		answer := w.call()
		require.Less(t, answer.Status, 300, "%s: %s", w.operation, answer.Body)
		assert.Positive(t, apitest.Value[int64](
			shop,
			`SELECT count(*) FROM audit_events
			 WHERE id > $1 AND operation = $2 AND actor_id IS NOT DISTINCT FROM $3
			   AND key_id IS NOT DISTINCT FROM $5 AND request_id = $4 AND address IS NOT NULL
			   AND (object_id IS NOT NULL OR object_type = 'index')`,
			before,
			w.operation,
			actor,
			answer.Header.Get("X-Request-Id"),
			key,
		), "%s left no entry", w.operation)
		assert.Empty(
			t,
			apitest.Value[[]string](
				shop,
				`SELECT coalesce(array_agg(DISTINCT of), '{}') FROM seen_writes
			WHERE NOT audited AND of IN (SELECT tgrelid::regclass::text FROM pg_trigger
				WHERE tgname = 'audited')`,
			),
			"%s writes outside of postgres.Tx and jobs.Queue.Tx",
			w.operation,
		)
		for _, table := range apitest.Value[[]string](shop, `
			SELECT coalesce(array_agg(DISTINCT of), '{}') FROM seen_writes
			 WHERE audited AND of NOT IN
			   (SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audited')`) {
			unseen = slices.DeleteFunc(unseen, func(one string) bool { return one == table })
			assert.True(
				t, madeByOthers[table], "%s writes %s, which is not audited: see audit_table",
				w.operation, table,
			)
		}
	}
	assert.Empty(t, unseen, "are in madeByOthers, and nothing that staff does writes them")
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if role := operation.Extensions["x-role"]; method != http.MethodGet &&
				(role == "staff" || role == "administrator") {
				assert.True(
					t, performed[operation.OperationID],
					"%s %s (%s) is not performed here: does it leave an entry?", method, path,
					operation.OperationID,
				)
			}
		}
	}
}

// writes is a day at work, in an order that works.
func writes(t *testing.T, shop *apitest.Shop, keeper apitest.Caller) []write {
	const admin = "/api/v1/admin"
	ada := shop.Customer()
	customer := apitest.Value[int64](shop, "SELECT max(id) FROM users")
	var made struct {
		ID int64 `json:"id"`
	}
	create := func(path string, body any) func() *apitest.Answer {
		return func() *apitest.Answer {
			answer := keeper.Post(admin+path, body).Want(http.StatusCreated)
			answer.Into(&made)
			return answer
		}
	}
	one := func(do func(string) *apitest.Answer, path string) func() *apitest.Answer {
		return func() *apitest.Answer { return do(fmt.Sprintf(admin+path, made.ID)) }
	}
	put := func(path string, body any) func() *apitest.Answer {
		return one(func(at string) *apitest.Answer { return keeper.Put(at, body) }, path)
	}
	patch := func(path string, body any) func() *apitest.Answer {
		return one(func(at string) *apitest.Answer { return keeper.Patch(at, body) }, path)
	}
	post := func(path string) func() *apitest.Answer {
		return one(func(at string) *apitest.Answer { return keeper.Post(at, nil) }, path)
	}
	remove := func(path string) func() *apitest.Answer {
		return one(keeper.Delete, path)
	}

	product := keeper.Product(
		apitest.Fields{"name": "Kettle", "price": "20.00", "sku": "KETTLE", "stock": 50},
	)
	of := fmt.Sprintf("/products/%d", product.ID)
	keeper.Patch(
		admin+fmt.Sprintf("%s/variants/%d", of, product.Variants[0].ID),
		apitest.Fields{"options": apitest.Fields{"size": "S"}},
	).Want(http.StatusOK)
	var order api.Order
	ada.Post(
		"/api/v1/orders",
		apitest.Fields{"items": []apitest.Fields{{"product_id": product.ID, "quantity": 1}}},
	).Want(http.StatusCreated).Into(&order)
	at := fmt.Sprintf("/orders/%d", order.ID)
	var review api.OwnReview
	ada.Post(fmt.Sprintf("/api/v1/products/%d/reviews", product.ID), apitest.Fields{"rating": 1}).
		Want(http.StatusCreated).
		Into(&review)
	job := func(path string) func() *apitest.Answer {
		return func() *apitest.Answer {
			id := apitest.Value[int64](
				shop,
				`INSERT INTO river_job (kind, state, args, max_attempts, scheduled_at)
				VALUES ('cart.sweep', 'scheduled', '{}', 3, now() + interval '1 hour')
					RETURNING id`,
			)
			return keeper.Post(fmt.Sprintf(admin+"/jobs/%d", id)+path, nil)
		}
	}
	return []write{
		{"createBrand", create("/brands", apitest.Fields{"name": "Acme"})},
		{"replaceBrand", put("/brands/%d", apitest.Fields{"name": "Acme & Co"})},
		{"updateBrand", patch("/brands/%d", apitest.Fields{"description": "Kettles"})},
		{"deleteBrand", remove("/brands/%d")},
		{"createCategory", create("/categories", apitest.Fields{"name": "Kitchen"})},
		{"replaceCategory", put("/categories/%d", apitest.Fields{"name": "Kitchens"})},
		{
			"updateCategory",
			patch("/categories/%d", apitest.Fields{"description": "Where it is warm"}),
		},
		{
			"indexCategories",
			func() *apitest.Answer { return keeper.Post("/api/v1/rag/index/categories", nil) },
		},
		{"deleteCategory", remove("/categories/%d")},
		{
			"createSynonyms",
			create("/search/synonyms", apitest.Fields{"terms": []string{"sofa", "couch"}}),
		},
		{
			"replaceSynonyms",
			put("/search/synonyms/%d", apitest.Fields{"terms": []string{"sofa", "settee"}}),
		},
		{"deleteSynonyms", remove("/search/synonyms/%d")},
		{"createProduct", create("/products", apitest.Fields{"name": "Pan", "price": "10.00"})},
		{
			"replaceProduct",
			put("/products/%d", apitest.Fields{"name": "Frying pan", "price": "10.00"}),
		},
		{"updateProduct", patch("/products/%d", apitest.Fields{"is_featured": true})},
		{"deleteProduct", remove("/products/%d")},
		{"restoreProduct", post("/products/%d/restore")},
		{"createVariantMatrix", func() *apitest.Answer {
			return keeper.Post(
				admin+of+"/variants/matrix",
				apitest.Fields{
					"options": apitest.Fields{"size": []string{"M", "XS"}},
					"price":   "12.00",
				},
			)
		}},
		{
			"createVariant",
			create(
				of+"/variants",
				apitest.Fields{"price": "22.00", "options": apitest.Fields{"size": "XL"}},
			),
		},
		{
			"replaceVariant",
			put(
				of+"/variants/%d",
				apitest.Fields{"price": "23.00", "options": apitest.Fields{"size": "XL"}},
			),
		},
		{"updateVariant", patch(of+"/variants/%d", apitest.Fields{"price": "24.00"})},
		{"deleteVariant", remove(of + "/variants/%d")},
		{"createProductImage", create(of+"/images", picture(t))},
		{"updateProductImage", patch(of+"/images/%d", apitest.Fields{"alt": "A kettle"})},
		{"deleteProductImage", remove(of + "/images/%d")},
		{"setInventory", func() *apitest.Answer {
			return keeper.Put(
				admin+of+"/inventory",
				apitest.Fields{"quantity": 40, "variant_id": product.Variants[0].ID},
			)
		}},
		{
			"setStock",
			func() *apitest.Answer {
				return keeper.Put(admin+"/stock", apitest.Fields{"sku": "KETTLE", "quantity": 30})
			},
		},
		{"adjustStock", func() *apitest.Answer {
			return keeper.Post(
				admin+"/stock/adjustments",
				apitest.Fields{"sku": "KETTLE", "delta": -1, "reason": "damaged"},
			)
		}},
		{"createLocation", func() *apitest.Answer {
			return keeper.Post(
				admin+"/stock/locations", apitest.Fields{"code": "north", "name": "North"},
			)
		}},
		{"renameLocation", func() *apitest.Answer {
			return keeper.Patch(admin+"/stock/locations/north", apitest.Fields{"name": "The north"})
		}},
		{
			"setOrderStatus",
			func() *apitest.Answer {
				return keeper.Put(admin+at+"/status", apitest.Fields{"status": "PAID"})
			},
		},
		{"setShipment", func() *apitest.Answer {
			return keeper.Put(
				admin+at+"/shipment", apitest.Fields{"carrier": "DHL", "tracking_number": "JD0146"},
			)
		}},
		{"refundOrder", func() *apitest.Answer {
			return keeper.Post(
				admin+at+"/refunds", apitest.Fields{"amount": "5.00", "reason": "Dented"},
			)
		}},
		{"setReviewVisibility", func() *apitest.Answer {
			return keeper.Put(
				fmt.Sprintf(admin+"/reviews/%d/visibility", review.ID),
				apitest.Fields{"is_hidden": true, "reason": "Spam"},
			)
		}},
		{"setCustomerStatus", func() *apitest.Answer {
			return keeper.Put(
				fmt.Sprintf(admin+"/customers/%d/status", customer),
				apitest.Fields{"is_active": false},
			)
		}},
		{"setCustomerRole", func() *apitest.Answer {
			return keeper.Put(
				fmt.Sprintf(admin+"/customers/%d/role", customer), apitest.Fields{"role": "staff"},
			)
		}},
		{"indexProducts", func() *apitest.Answer { return keeper.Post("/api/v1/rag/index", nil) }},
		{"reindexProduct", func() *apitest.Answer {
			return keeper.Put(fmt.Sprintf("/api/v1/rag/products/%d/reindex", product.ID), nil)
		}},
		{
			"createWebhook",
			create(
				"/webhooks", apitest.Fields{"url": "https://example.com/", "events": []string{"*"}},
			),
		},
		{"updateWebhook", patch("/webhooks/%d", apitest.Fields{"description": "The warehouse"})},
		{"rotateWebhookSecret", post("/webhooks/%d/rotate-secret")},
		{"pingWebhook", post("/webhooks/%d/test")},
		{"redeliverWebhook", func() *apitest.Answer {
			delivery := apitest.Value[int64](
				shop, "SELECT max(id) FROM webhook_deliveries WHERE webhook_id = $1", made.ID,
			)
			return keeper.Post(
				fmt.Sprintf(admin+"/webhooks/%d/deliveries/%d/redeliver", made.ID, delivery), nil,
			)
		}},
		{"deleteWebhook", remove("/webhooks/%d")},
		{
			"createAPIKey",
			create("/api-keys", apitest.Fields{"name": "ERP", "scopes": []string{"orders:read"}}),
		},
		{"updateAPIKey", patch("/api-keys/%d", apitest.Fields{"name": "The ERP"})},
		{"rotateAPIKey", post("/api-keys/%d/rotate")},
		{"revokeAPIKey", remove("/api-keys/%d")},
		{"startImport", func() *apitest.Answer {
			answer := keeper.Post(
				admin+"/imports",
				upload(t, "products.csv", []byte("id,title,price\njug,Jug,1.00\n")),
			).Want(http.StatusAccepted)
			answer.Into(&made)
			return answer
		}},
		{"cancelImport", post("/imports/%d/cancel")},
		{"retryJob", job("/retry")},
		{"cancelJob", job("/cancel")},
	}
}

func picture(t *testing.T) apitest.Raw {
	t.Helper()
	var content bytes.Buffer
	require.NoError(t, png.Encode(&content, image.NewRGBA(image.Rect(0, 0, 8, 8))))
	return upload(t, "kettle.png", content.Bytes())
}

// upload is a form with a file.
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
