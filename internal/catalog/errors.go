package catalog

import (
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// The errors that clients of the catalogue see.
var (
	ErrProductNotFound = problem.NotFound(
		"product_not_found", "There is no such product, or it is no longer offered.",
	)
	ErrCategoryNotFound = problem.NotFound("category_not_found", "There is no such category.")
	ErrBrandNotFound    = problem.NotFound("brand_not_found", "There is no such brand.")
	ErrMediaNotFound    = problem.NotFound("media_not_found", "There is no such image.")
	ErrSlugTaken        = problem.Conflict(
		"slug_taken", "The slug is taken. Choose another, or leave it out to have one made.",
	)
	ErrSKUTaken = problem.Conflict(
		"sku_taken",
		"The sku is taken by another variant. Skus of deleted products stay taken: "+
			"restore the product or choose another sku.",
	)
	ErrGTINTaken    = problem.Conflict("gtin_taken", "The GTIN is that of another variant.")
	ErrOptionsTaken = problem.Conflict(
		"options_taken", "The product has a variant with these options already.",
	)
	ErrBrandNameTaken = problem.Conflict(
		"brand_name_taken", "There is a brand of this name already.",
	)
	ErrCategoryCycle = problem.Conflict("category_cycle", "A category cannot lie below itself.")
	ErrCategoryInUse = problem.Conflict(
		"category_in_use", "The category holds products or categories. Move or delete them first.",
	)
	ErrBrandInUse = problem.Conflict(
		"brand_in_use", "There are products of this brand. Change or delete them first.",
	)
	ErrVariantNotFound = problem.NotFound("variant_not_found", "The product has no such variant.")
	ErrLastVariant     = problem.Conflict(
		"last_variant", "A product has at least one variant. Delete the product instead.",
	)
	ErrTooManyVariants = problem.Conflict(
		"too_many_variants", "A product has at most 100 variants.",
	)
	errUnknownBrand = problem.Invalid(
		problem.Field{Pointer: "/brand_id", Message: "names no brand"},
	)
	errUnknownCategory = problem.Invalid(
		problem.Field{Pointer: "/category_id", Message: "names no category"},
	)
	errUnknownParent = problem.Invalid(
		problem.Field{Pointer: "/parent_id", Message: "names no category"},
	)
	errUnknownImage = problem.Invalid(
		problem.Field{Pointer: "/image_id", Message: "names no image of this product"},
	)
	errDefaultNeeded = problem.Invalid(
		problem.Field{
			Pointer: "/is_default",
			Message: "cannot be taken away: make another variant the default instead",
		},
	)
	errSameOptionsTwice = problem.Invalid(
		problem.Field{Pointer: "/variants", Message: "has two variants with the same options"},
	)
)

// violations maps the name of a constraint to the problem that its violation is for the client.
var violations = map[string]*problem.Error{
	"products_slug_key":         ErrSlugTaken,
	"categories_slug_key":       ErrSlugTaken,
	"brands_slug_key":           ErrSlugTaken,
	"variants_sku_key":          ErrSKUTaken,
	"variants_gtin_key":         ErrGTINTaken,
	"variants_options_key":      ErrOptionsTaken,
	"brands_name_key":           ErrBrandNameTaken,
	"categories_parent_id_fkey": errUnknownParent,
	"products_brand_id_fkey":    errUnknownBrand,
	"products_category_id_fkey": errUnknownCategory,
	"variants_image_fkey":       errUnknownImage,
}

// explain returns the client's problem for a violated constraint, and any other error unchanged.
func explain(err error) error {
	for constraint, problem := range violations {
		if postgres.Violates(err, constraint) {
			return problem
		}
	}
	return err
}
