package catalog

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/shopd/shopd/internal/platform/money"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
)

// Summary returns a product as lists show it.
func (c *Catalog) Summary(card db.ProductCard) (api.ProductSummary, error) {
	body := api.ProductSummary{
		ID:              card.ProductID,
		Sku:             card.SKU,
		Gtin:            card.GTIN,
		Name:            card.Name,
		Slug:            card.Slug,
		Brand:           reference(card.BrandID, card.BrandName, card.BrandSlug),
		Category:        reference(card.CategoryID, card.CategoryName, card.CategorySlug),
		Price:           c.settings.Currency.Format(card.PriceMinor),
		DiscountPrice:   c.discountPrice(card.DiscountMinor),
		DiscountPercent: money.PercentOff(card.PriceMinor, card.DiscountMinor),
		Currency:        api.Currency(c.settings.Currency),
		Stock:           card.Stock,
		InStock:         card.InStock,
		Availability:    availability(card.InStock),
		IsFeatured:      card.IsFeatured,
		Rating:          rating(card.RatingCount, card.RatingSum),

		VariantCount:     card.VariantCount,
		DefaultVariantID: card.DefaultVariantID,

		CreatedAt: card.CreatedAt,
		UpdatedAt: card.UpdatedAt,
	}
	if card.ImageID != nil {
		image := storedImage{
			ID:        *card.ImageID,
			Alt:       *card.ImageAlt,
			Position:  *card.ImagePosition,
			IsPrimary: true,
		}
		if err := json.Unmarshal(card.ImageSizes, &image.Sizes); err != nil {
			return body, fmt.Errorf("image %d: %w", image.ID, err)
		}
		body.Image = new(c.image(image))
	}
	return body, nil
}

// storedVariant and storedImage are the JSON of the view product_details.
type storedVariant struct {
	ID            int64             `json:"id"`
	SKU           string            `json:"sku"`
	GTIN          *string           `json:"gtin"`
	Options       map[string]string `json:"options"`
	PriceMinor    int64             `json:"price_minor"`
	DiscountMinor *int64            `json:"discount_minor"`
	DiscountStart *time.Time        `json:"discount_starts_at"`
	DiscountEnd   *time.Time        `json:"discount_ends_at"`
	OnSale        bool              `json:"on_sale"` // now
	Stock         int64             `json:"stock"`
	Tracked       bool              `json:"track_inventory"`
	ImageID       *int64            `json:"image_id"`
	IsDefault     bool              `json:"is_default"`
}

type storedImage struct {
	ID        int64        `json:"id"`
	Alt       string       `json:"alt"`
	Position  int32        `json:"position"`
	IsPrimary bool         `json:"is_primary"`
	Sizes     []storedSize `json:"sizes"`
}

type storedSize struct {
	Path   string `json:"path"`
	Width  int32  `json:"width"`
	Height int32  `json:"height"`
}

// detail returns a product as shoppers see it: with a sale price only while it holds.
func (c *Catalog) detail(row db.ProductDetail) (api.Product, error) {
	return c.whole(row, func(v *storedVariant) {
		if !v.OnSale {
			v.DiscountMinor, v.DiscountStart, v.DiscountEnd = nil, nil, nil
		}
	})
}

// staffDetail returns a product with the sale prices that are set, whether they hold now or not.
func (c *Catalog) staffDetail(row db.ProductDetail) (api.Product, error) {
	return c.whole(row, func(*storedVariant) {})
}

// whole returns a product with all of its variants, each as edit leaves it.
func (c *Catalog) whole(row db.ProductDetail, edit func(*storedVariant)) (api.Product, error) {
	body := api.Product{
		ID:          row.ID,
		Name:        row.Name,
		Slug:        row.Slug,
		Description: row.Description,
		Brand:       reference(row.BrandID, row.BrandName, row.BrandSlug),
		Category:    reference(row.CategoryID, row.CategoryName, row.CategorySlug),
		Currency:    api.Currency(c.settings.Currency),
		Condition:   api.Condition(row.Condition),
		IsFeatured:  row.IsFeatured,
		IsActive:    row.IsActive,
		Rating:      rating(row.RatingCount, row.RatingSum),
		CreatedAt:   row.CreatedAt,
		UpdatedAt:   row.UpdatedAt,
	}
	var variants []storedVariant
	var images []storedImage
	if err := json.Unmarshal(row.Attributes, &body.Attributes); err != nil {
		return body, fmt.Errorf("attributes of product %d: %w", row.ID, err)
	}
	if err := json.Unmarshal(row.Variants, &variants); err != nil {
		return body, fmt.Errorf("variants of product %d: %w", row.ID, err)
	}
	if err := json.Unmarshal(row.Images, &images); err != nil {
		return body, fmt.Errorf("images of product %d: %w", row.ID, err)
	}
	body.Variants = make([]api.Variant, 0, len(variants))
	for _, v := range variants {
		edit(&v)
		variant := c.variant(v)
		body.Variants = append(body.Variants, variant)
		body.Stock += v.Stock
		body.InStock = body.InStock || variant.InStock
		if v.IsDefault {
			body.Sku, body.Gtin = variant.Sku, variant.Gtin
			body.Price, body.DiscountPrice = variant.Price, variant.DiscountPrice
			body.DiscountStartsAt = variant.DiscountStartsAt
			body.DiscountEndsAt = variant.DiscountEndsAt
			body.DiscountPercent = variant.DiscountPercent
		}
	}
	body.Availability = availability(body.InStock)
	body.Images = make([]api.Image, 0, len(images))
	for _, i := range images {
		body.Images = append(body.Images, c.image(i))
	}
	return body, nil
}

func (c *Catalog) variant(v storedVariant) api.Variant {
	return api.Variant{
		ID:               v.ID,
		Sku:              v.SKU,
		Gtin:             v.GTIN,
		Options:          v.Options,
		Price:            c.settings.Currency.Format(v.PriceMinor),
		DiscountPrice:    c.discountPrice(v.DiscountMinor),
		DiscountStartsAt: v.DiscountStart,
		DiscountEndsAt:   v.DiscountEnd,
		DiscountPercent:  money.PercentOff(v.PriceMinor, v.DiscountMinor),
		Currency:         api.Currency(c.settings.Currency),
		Stock:            v.Stock,
		InStock:          v.Stock > 0 || !v.Tracked,
		TrackInventory:   v.Tracked,
		ImageID:          v.ImageID,
		IsDefault:        v.IsDefault,
	}
}

// image returns an image, with the URL of its largest size first.
func (c *Catalog) image(i storedImage) api.Image {
	body := api.Image{
		ID:        i.ID,
		Alt:       i.Alt,
		IsPrimary: i.IsPrimary,
		Position:  i.Position,
		Sizes:     make([]api.ImageSize, 0, len(i.Sizes)),
	}
	for _, s := range i.Sizes {
		body.URL, body.Width, body.Height = c.settings.MediaPrefix+"/"+s.Path, s.Width, s.Height
		body.Sizes = append(
			body.Sizes, api.ImageSize{URL: body.URL, Width: s.Width, Height: s.Height},
		)
	}
	return body
}

func (c *Catalog) discountPrice(minor *int64) *string {
	if minor == nil {
		return nil
	}
	return new(c.settings.Currency.Format(*minor))
}

func availability(inStock bool) api.Availability {
	if inStock {
		return api.AvailabilityInStock
	}
	return api.AvailabilityOutOfStock
}

// rating returns the mean of the stars, rounded to one decimal.
func rating(count int32, sum int64) api.Rating {
	if count == 0 {
		return api.Rating{}
	}
	return api.Rating{Count: count, Average: new(math.Round(float64(sum)/float64(count)*10) / 10)}
}

func reference(id *int64, name, slug *string) *api.Reference {
	if id == nil {
		return nil
	}
	return &api.Reference{ID: *id, Name: *name, Slug: *slug}
}
