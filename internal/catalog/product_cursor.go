package catalog

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// cursor is the position after a product in one order: the product's id and those of its values
// that the order compares. Clients see it as an opaque text.
type cursor struct {
	List   uint32     `json:"l"` // which list it belongs to: its filters and order
	ID     int64      `json:"i"`
	Time   *time.Time `json:"t,omitempty"`
	Number *int64     `json:"n,omitempty"`
	Name   *string    `json:"s,omitempty"`
	Rank   *float64   `json:"r,omitempty"`
}

// resume makes params continue after the position of a cursor.
func resume(params *db.ListProductsParams, text string) error {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return page.ErrCursor
	}
	var after cursor
	if err := json.Unmarshal(data, &after); err != nil || after.ID < 1 ||
		after.List != listKey(params) {
		return page.ErrCursor
	}
	complete := false
	switch params.Sort {
	case "created_desc", "created_asc":
		complete = after.Time != nil
	case "price_asc", "price_desc", "popularity":
		complete = after.Number != nil
	case "name_asc":
		complete = after.Name != nil
	case "relevance":
		complete = after.Rank != nil
	}
	if !complete {
		return page.ErrCursor
	}
	params.AfterID, params.AfterTime, params.AfterNumber, params.AfterName, params.AfterRank =
		&after.ID, after.Time, after.Number, after.Name, after.Rank
	return nil
}

// cursorAfter returns the cursor after a row of the list that params asked for.
func cursorAfter(params *db.ListProductsParams, row db.ListProductsRow) string {
	at := cursor{List: listKey(params), ID: row.ProductCard.ProductID}
	switch params.Sort {
	case "created_desc", "created_asc":
		at.Time = &row.ProductCard.CreatedAt
	case "price_asc", "price_desc":
		at.Number = &row.BuyerMinor
	case "popularity":
		at.Number = &row.Popularity
	case "name_asc":
		at.Name = &row.SortName
	case "relevance":
		at.Rank = &row.Relevance
	}
	data, _ := json.Marshal(at) // plain values: no error
	return base64.RawURLEncoding.EncodeToString(data)
}

// listKey returns a short hash of the filters and the order of a list. A cursor carries it, so that
// it is refused by any other list.
func listKey(params *db.ListProductsParams) uint32 { return uint32(listHash(params)) }

// listHash returns a hash of the filters and the order of a list, whichever page is asked for.
func listHash(params *db.ListProductsParams) uint64 {
	key := *params
	key.Counted, key.PageLimit, key.PageOffset = false, 0, 0
	key.AfterID, key.AfterTime, key.AfterNumber = nil, nil, nil
	key.AfterName, key.AfterRank = nil, nil
	data, _ := json.Marshal(key) // plain values: no error
	return xxhash.Sum64(data)
}
