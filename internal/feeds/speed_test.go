package feeds_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/internal/apitest"
)

// bigFiles returns a file of 20 MB in each dialect, each row a new variant.
func bigFiles() map[string][]byte {
	const size = 20 << 20
	words := strings.Repeat("Good for many things, and kept for years. ", 12)
	grow := func(head, tail string, row func(b *strings.Builder, i int)) []byte {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < size; i++ {
			row(&b, i)
		}
		b.WriteString(tail)
		return []byte(b.String())
	}
	const rss = `<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>`
	const shopify = "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Variant SKU," +
		"Variant Inventory Qty,Variant Price,Variant Compare At Price,Status\n"
	return map[string][]byte{
		"google": grow("id,title,description,price,brand,product_type,quantity\n", "", func(
			b *strings.Builder, i int,
		) {
			fmt.Fprintf(
				b, "R-%d,Thing number %d,\"%s\",%d.99,Brand %d,Things > Kind %d,%d\n", i, i, words,
				i%90+1, i%7, i%11, i%50,
			)
		}),
		"google_xml": grow(rss, "</channel></rss>", func(b *strings.Builder, i int) {
			fmt.Fprintf(
				b,
				"<item><g:id>R-%d</g:id><title>Thing number %d</title>"+
					"<description>%s</description><g:price>%d.99</g:price>"+
					"<g:brand>Brand %d</g:brand><g:quantity>%d</g:quantity></item>\n",
				i, i, words, i%90+1, i%7, i%50,
			)
		}),
		"shopify": grow(shopify, "", func(b *strings.Builder, i int) {
			fmt.Fprintf(
				b,
				"thing-%d,Thing number %d,\"<p>%s</p>\",Brand %d,Kind %d,Size,S,R-%d-S,%d,%d.99,"+
					",active\nthing-%d,,,,,,M,R-%d-M,3,9.99,19.99,\n",
				i, i, words, i%7, i%11, i, i%50, i%90+1, i, i,
			)
		}),
		"woocommerce": grow("ID,Type,SKU,Name,Published,Description,In stock?,Stock,Sale price,"+
			"Regular price,Categories,Parent,Attribute 1 name,Attribute 1 value(s)\n", "", func(
			b *strings.Builder, i int,
		) {
			if i%3 == 0 {
				fmt.Fprintf(
					b,
					"%d,variable,P-%d,Thing number %d,1,\"<p>%s</p>\",1,,,,Things > Kind %d,,"+
						"Size,\"S, M\"\n",
					i, i, i, words, i%11,
				)
				return
			}
			fmt.Fprintf(
				b, "%d,variation,R-%d,Thing,1,,1,%d,,%d.99,,P-%d,Size,%d\n", i, i, i%50, i%90+1,
				i-i%3, i%3,
			)
		}),
		"magento": grow("sku,attribute_set_code,product_type,categories,name,description,"+
			"product_online,visibility,price,additional_attributes,qty,is_in_stock\n", "", func(
			b *strings.Builder, i int,
		) {
			fmt.Fprintf(
				b,
				"R-%d,Default,simple,Default Category/Things/Kind %d,Thing number %d,\"%s\",1,"+
					"\"Catalog, Search\",%d.99,\"color=Red,size=M\",%d,1\n",
				i, i%11, i, words, i%90+1, i%50,
			)
		}),
	}
}

// startImport: how fast a file of 20 MB in each dialect is imported, and in how much memory. It
// runs with FEED_SPEED=1.
func TestSpeedOfDialects(t *testing.T) {
	if os.Getenv("FEED_SPEED") == "" {
		t.Skip("FEED_SPEED is not set")
	}
	for name, content := range bigFiles() {
		shop := apitest.New(t)
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		var most atomic.Uint64
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				runtime.ReadMemStats(&now)
				most.Store(max(most.Load(), now.HeapInuse))
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		}()
		begun := time.Now()
		done := load(t, shop, shop.Admin(), content, part{"images", "false"})
		took := time.Since(begun)
		close(stop)
		<-stopped
		assert.Zero(t, done.Rows.Failed, name)
		t.Logf(
			"%s: %d bytes, %d new rows in %s, %.0f rows/s, heap %d MiB more at most", name,
			len(content), done.Rows.Created, took.Round(time.Millisecond),
			float64(done.Rows.Created)/took.Seconds(),
			(int64(most.Load())-int64(before.HeapInuse))>>20,
		)
	}
}
