package catalog

import (
	"context"
	"encoding/json"

	"maps"
	"math"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/problem"
)

// CreateVariantMatrix adds a variant for each combination of options that the product lacks.
func (c *Catalog) CreateVariantMatrix(
	ctx context.Context, r api.CreateVariantMatrixRequestObject,
) (api.CreateVariantMatrixResponseObject, error) {
	pattern, wrong := c.draft(
		"",
		api.VariantCreate{
			Price:            r.Body.Price,
			DiscountPrice:    r.Body.DiscountPrice,
			DiscountStartsAt: r.Body.DiscountStartsAt,
			DiscountEndsAt:   r.Body.DiscountEndsAt,
			Stock:            r.Body.Stock,
		},
	)
	if err := refuse(wrong); err != nil {
		return nil, err
	}
	if countCombinations(r.Body.Options) > maxVariants {
		return nil, problem.Invalid(
			problem.Field{Pointer: "/options", Message: "makes more than 100 combinations"},
		)
	}
	row, err := c.changeVariants(ctx, r.ID, r.Params.IfMatch, func(q *db.Queries, f *family) error {
		return c.addMatrix(ctx, q, f, r.Body.Options, pattern)
	})
	if err != nil {
		return nil, err
	}
	body, err := c.variantList(row)
	return api.CreateVariantMatrix201JSONResponse{
		Body:    body,
		Headers: api.CreateVariantMatrix201ResponseHeaders{ETag: productTag(row)},
	}, err
}

// addMatrix adds every combination of options that the product does not have yet.
func (c *Catalog) addMatrix(
	ctx context.Context, q *db.Queries, f *family, matrix map[string][]string, pattern draft,
) error {
	existing := map[string]bool{}
	isSimple := false // one variant, without options
	for _, v := range f.variants {
		var options map[string]string
		if err := json.Unmarshal(v.Options, &options); err != nil {
			return err
		}
		isSimple = isSimple || len(options) == 0
		existing[canonical(options)] = true
	}
	var drafts []draft
	for _, options := range combinations(matrix) {
		if existing[canonical(options)] {
			continue
		}
		if isSimple { // its variant becomes the first combination
			isSimple = false
			first := f.variants[0]
			first.Options = []byte(canonical(options))
			f.variants[0] = first
			if err := saveVariant(ctx, q, first); err != nil {
				return err
			}
			continue
		}
		d := pattern
		d.options = options
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return nil
	}
	if len(f.variants)+len(drafts) > maxVariants {
		return ErrTooManyVariants
	}
	if err := f.checkOptions(0, drafts[0].options); err != nil {
		return err
	}
	_, err := c.createVariants(ctx, q, f.product, f.nextPosition(), drafts)
	return err
}

// combinations returns every choice of one value for each option, in the order the values were
// given.
func combinations(matrix map[string][]string) []map[string]string {
	all := []map[string]string{{}}
	for _, name := range sortedKeys(matrix) {
		var longer []map[string]string
		for _, one := range all {
			for _, value := range matrix[name] {
				next := maps.Clone(one)
				next[name] = value
				longer = append(longer, next)
			}
		}
		all = longer
	}
	return all
}

// countCombinations returns how many combinations there are, without building them.
func countCombinations(matrix map[string][]string) int {
	count := 1
	for _, values := range matrix {
		if count > math.MaxInt32/max(1, len(values)) {
			return math.MaxInt32
		}
		count *= len(values)
	}
	return count
}
