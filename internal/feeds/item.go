package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/feeds/csvfile"
)

// Limits of a row; the same as those of products that staff edits.
const (
	maxFeedID      = 200 // bytes
	maxSKU         = 64
	maxTitle       = 300 // characters
	maxDescription = 20000
	maxName        = 200 // of a brand or a category
	maxDepth       = 10  // categories in a path
	maxValue       = 1000
	maxAttributes  = 100
	maxOptions     = 5
	maxOption      = 100
	maxQuantity    = 100_000_000
	maxImages      = 10
	maxURL         = 2048
)

// skuForm is the form of a sku.
var skuForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

// item is a row that was parsed. Fields without a column in the file are zero and are not used.
type item struct {
	row, line int64
	next      csvfile.Place

	id, sku     string
	gtin        string // 14 digits, or empty
	title       string
	description string
	brand       string
	category    []string
	categories  [][]string // all paths of the cell, if they are several
	price       int64
	sale        int64      // noSale: none
	saleStarts  *time.Time // nil: it has begun
	saleEnds    *time.Time // nil: it does not end
	available   string
	quantity    int32 // -1: unknown
	condition   string
	group       string
	options     map[string]string // nil: unknown
	attributes  map[string]string
	removed     []string // attributes whose cell is empty
	images      []string
	active      int32 // 1 yes, -1 no, 0 unknown
	featured    int32
}

// noSale is the sale price of a variant that has none.
const noSale = -1

// skuOf returns the sku of a new variant: its own, or its id if that is a sku, or one made of the
// id.
func (it *item) skuOf() string {
	switch {
	case it.sku != "":
		return it.sku
	case it.id == "":
		return it.gtin
	}
	return asSKU(it.id)
}

// asSKU returns a name as a sku: itself if it is one, else its letters and a hash.
func asSKU(name string) string {
	if len(name) <= maxSKU && skuForm.MatchString(name) {
		return name
	}
	hash := sha256.Sum256([]byte(name))
	made := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && skuForm.MatchString(string(r)) {
			return r
		}
		return '-'
	}, name)
	made = strings.Trim(made[:min(len(made), maxSKU-9)], "-")
	return strings.TrimLeft(made+"-"+hex.EncodeToString(hash[:4]), "-")
}
