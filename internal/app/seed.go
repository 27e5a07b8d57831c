package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/demo"
	"github.com/shopd/shopd/internal/identity"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// Demo accounts, whose passwords everybody knows.
const (
	DemoAdminEmail    = "admin@ecommerce.com"
	DemoAdminPassword = "admin1234"
)

// ErrNoDemo refuses demo data, whose administrator has a public password, on a real shop.
var ErrNoDemo = errors.New("demo data is for development: it is refused while DEBUG is false")

// SeedAccounts makes the demo administrator unless there is one.
func (a *App) SeedAccounts(ctx context.Context) error {
	if !a.settings.Debug {
		return ErrNoDemo
	}
	return a.Identity.SeedUser(ctx, identity.NewUser{
		Email:     DemoAdminEmail,
		Password:  DemoAdminPassword,
		FirstName: "Demo",
		LastName:  "Administrator",
		Username:  new("admin"),
		Role:      "administrator",
	})
}

// closeDemoAdmin deactivates the demo administrator of a shop that is not in development any more,
// unless somebody has changed its password.
func (a *App) closeDemoAdmin(ctx context.Context) error {
	closed, err := a.Identity.ClosePublicLogin(ctx)
	if closed {
		a.log.WarnContext(
			ctx, "the demo administrator was deactivated: everybody knows its password",
			"account", DemoAdminEmail,
		)
	}
	return err
}

// Edges of the demo images in pixels, smallest first.
var imageEdges = []int{320, 800}

// Images says whether demo products get theirs drawn.
type Images bool

// The two ways to seed.
const (
	WithImages    Images = true
	WithoutImages Images = false
)

// SeedCatalogue fills an empty catalogue with the demo products, all or none. A catalogue that
// holds anything is left as it is. progress, which may be nil, is called for each image drawn, one
// call at a time.
func (a *App) SeedCatalogue(
	ctx context.Context, images Images, progress func(done, total int),
) error {
	if !a.settings.Debug {
		return ErrNoDemo
	}
	if filled, err := db.New(a.pool).HasProducts(ctx); err != nil || filled {
		return err
	}
	catalogue, err := demo.Load()
	if err != nil {
		return err
	}
	drawn := make([][]byte, len(catalogue.Products))
	if images {
		if drawn, err = a.draw(ctx, catalogue, progress); err != nil {
			return err
		}
	}
	defer a.changes.notify(ctx)
	return postgres.Tx(ctx, a.pool, func(q *db.Queries) error {
		s := seeder{App: a, queries: q, brands: map[string]int64{}, categories: map[string]int64{}}
		return s.seed(ctx, catalogue, drawn)
	})
}

// draw makes the images of all products, in all sizes, and returns the value of
// product_images.sizes for each product.
func (a *App) draw(
	ctx context.Context, catalogue *demo.Catalogue, progress func(done, total int),
) ([][]byte, error) {
	categories := make(map[string]demo.Category, len(catalogue.Categories))
	for _, c := range catalogue.Categories {
		categories[c.Slug] = c
	}
	drawn := make([][]byte, len(catalogue.Products))
	var mu sync.Mutex
	done := 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, product := range catalogue.Products {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			sizes, err := a.drawOne(ctx, product, categories[product.Category])
			if err != nil {
				return fmt.Errorf("image of %s: %w", product.Slug, err)
			}
			drawn[i] = sizes
			mu.Lock()
			defer mu.Unlock()
			if done++; progress != nil {
				progress(done, len(catalogue.Products))
			}
			return nil
		})
	}
	return drawn, group.Wait()
}

type imageSize struct {
	Path   string `json:"path"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

func (a *App) drawOne(
	ctx context.Context, product demo.Product, category demo.Category,
) ([]byte, error) {
	var sizes []imageSize
	for _, edge := range imageEdges {
		var file bytes.Buffer
		if err := demo.Encode(&file, demo.Draw(product, category, edge)); err != nil {
			return nil, err
		}
		path, err := a.media.Put(ctx, file.Bytes(), fmt.Sprintf("-%d.jpg", edge))
		if err != nil {
			return nil, err
		}
		sizes = append(sizes, imageSize{path, edge, edge})
	}
	return json.Marshal(sizes)
}

// seeder inserts a catalogue in one transaction.
type seeder struct {
	*App
	queries            *db.Queries
	brands, categories map[string]int64 // id by slug
}

func (s *seeder) seed(ctx context.Context, catalogue *demo.Catalogue, images [][]byte) (err error) {
	for _, b := range catalogue.Brands {
		if s.brands[b.Slug], err = s.queries.CreateBrand(
			ctx, b.Name, b.Slug, b.Description,
		); err != nil {
			return fmt.Errorf("brand %s: %w", b.Slug, err)
		}
	}
	for _, c := range catalogue.Categories { // parents come first
		params := db.CreateCategoryParams{Name: c.Name, Slug: c.Slug, Description: c.Description}
		if c.ParentSlug != "" {
			params.ParentID = new(s.categories[c.ParentSlug])
		}
		if s.categories[c.Slug], err = s.queries.CreateCategory(ctx, params); err != nil {
			return fmt.Errorf("category %s: %w", c.Slug, err)
		}
	}
	for i, p := range catalogue.Products {
		if err := s.product(ctx, p, images[i]); err != nil {
			return fmt.Errorf("product %s: %w", p.Slug, err)
		}
	}
	return nil
}

func (s *seeder) product(ctx context.Context, p demo.Product, sizes []byte) error {
	attributes, err := json.Marshal(optional.Map(p.Attributes))
	if err != nil {
		return err
	}
	id, err := s.queries.CreateProduct(ctx, db.CreateProductParams{
		Name:        p.Name,
		Slug:        p.Slug,
		Description: p.Description,
		Condition:   "new",
		Attributes:  attributes,
		BrandID:     new(s.brands[p.Brand]),
		CategoryID:  new(s.categories[p.Category]),
		IsActive:    p.Active,
		IsFeatured:  p.Featured,
		CreatedAt:   time.Now().AddDate(0, 0, -p.CreatedDaysAgo),
	})
	if err != nil {
		return err
	}
	lines := make([]inventory.Line, len(p.Variants))
	for position, v := range p.Variants {
		variant, err := s.variant(ctx, id, position, v)
		if err != nil {
			return err
		}
		lines[position] = inventory.Line{Variant: variant, Quantity: int32(v.Stock)}
	}
	if err := inventory.Open(ctx, s.queries, lines, nil); err != nil {
		return err
	}
	if sizes == nil {
		return nil
	}
	_, err = s.queries.CreateProductImage(ctx, db.CreateProductImageParams{
		ProductID: id, IsPrimary: true, Alt: p.Name, Sizes: sizes,
	})
	return err
}

func (s *seeder) variant(
	ctx context.Context, product int64, position int, v demo.Variant,
) (int64, error) {
	options, err := json.Marshal(optional.Map(v.Options))
	if err != nil {
		return 0, err
	}
	params := db.CreateVariantParams{
		ProductID:      product,
		IsDefault:      position == 0,
		Position:       int32(position),
		SKU:            v.SKU,
		Options:        options,
		TrackInventory: true,
	}
	if v.GTIN != "" {
		params.GTIN = new(strings.Repeat("0", 14-len(v.GTIN)) + v.GTIN)
	}
	currency := s.settings.StoreCurrency
	if params.PriceMinor, err = currency.Parse(inDigits(v.Price, currency.Digits())); err != nil {
		return 0, err
	}
	if v.DiscountPrice != "" {
		discount, err := currency.Parse(inDigits(v.DiscountPrice, currency.Digits()))
		if err != nil {
			return 0, err
		}
		if discount < params.PriceMinor { // cutting decimals may have made them equal
			params.DiscountMinor = &discount
		}
	}
	return s.queries.CreateVariant(ctx, params)
}

// inDigits cuts a price in dollars and cents to the decimals the shop's currency has.
func inDigits(price string, digits int) string {
	whole, fraction, _ := strings.Cut(price, ".")
	if digits == 0 {
		return whole
	}
	return whole + "." + fraction[:min(len(fraction), digits)]
}

// Index brings all vectors up to date: categories first, so that each product is blended as it is
// made. progress, which may be nil, is called with the number of products done.
func (a *App) Index(ctx context.Context, progress func(done int)) error {
	defer a.changes.notify(ctx)
	if _, err := a.Vectors.EmbedCategories(ctx); err != nil {
		return err
	}
	if _, err := a.Vectors.EmbedProducts(ctx, progress); err != nil {
		return err
	}
	return a.Search.RecountWords(ctx)
}

// Products returns how many active products there are.
func (a *App) Products(ctx context.Context) (int, error) {
	n, err := db.New(a.pool).CountProducts(ctx, db.CountProductsParams{})
	return int(n), err
}
