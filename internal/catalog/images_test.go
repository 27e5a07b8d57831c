package catalog_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// picture is red on the left and blue on the right.
func picture(width, height int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{R: 255, A: 255})
			if x >= width/2 {
				m.Set(x, y, color.RGBA{B: 255, A: 255})
			}
		}
	}
	return m
}

func asPNG(t testing.TB, m image.Image) string {
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, m))
	return file.String()
}

func asJPEG(t testing.TB, m image.Image) string {
	var file bytes.Buffer
	require.NoError(t, jpeg.Encode(&file, m, nil))
	return file.String()
}

// photographedAt adds EXIF with an orientation and a place to a JPEG file.
func photographedAt(file string, place string) string {
	tiff := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	entry := func(tag, kind uint16, count, value uint32) {
		tiff = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(tiff, tag), kind)
		tiff = binary.LittleEndian.AppendUint32(
			binary.LittleEndian.AppendUint32(tiff, count), value,
		)
	}
	entry(0x0112, 3, 1, 1)  // orientation
	entry(0x8825, 4, 1, 38) // where the place is
	tiff = append(tiff, 0, 0, 0, 0)
	tiff = append(tiff, "\x01\x00\x1d\x00\x02\x00"...)
	tiff = append(tiff, "GPS "+place...)
	segment := "Exif\x00\x00" + string(tiff)
	head := binary.BigEndian.AppendUint16([]byte("\xff\xd8\xff\xe1"), uint16(len(segment)+2))
	return string(head) + segment + file[2:]
}

// part of a form; a file if it has a file name.
type part struct{ name, fileName, content string }

func form(parts ...part) apitest.Raw {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		disposition := fmt.Sprintf(`form-data; name="%s"`, p.name)
		if p.fileName != "" {
			disposition += fmt.Sprintf(`; filename="%s"`, p.fileName)
		}
		to, _ := w.CreatePart(
			map[string][]string{"Content-Disposition": {disposition}},
		) // into memory: no error
		_, _ = to.Write([]byte(p.content))
	}
	_ = w.Close()
	return apitest.Raw{ContentType: w.FormDataContentType(), Content: body.String()}
}

func file(content string) part { return part{"file", "image.bin", content} }

// gallery is a shop with a product and the folder its images lie in.
type gallery struct {
	*apitest.Shop
	admin   apitest.Caller
	product api.AdminProduct
	images  string // address
	folder  string
}

func newGallery(t testing.TB, settings ...apitest.Setting) gallery {
	folder := t.TempDir()
	shop := apitest.New(t, append(settings, apitest.Setting{Name: "UPLOAD_DIR", Value: folder})...)
	admin := shop.Admin()
	product := admin.Product(apitest.Fields{"name": "Drift", "price": "79.00"})
	return gallery{shop, admin, product, productAddress(product) + "/images", folder}
}

func (g gallery) upload(body apitest.Raw) api.Image {
	var image api.Image
	g.admin.Post(g.images, body).Want(http.StatusCreated).Into(&image)
	return image
}

func (g gallery) files(t testing.TB) []string {
	entries, err := os.ReadDir(g.folder)
	require.NoError(t, err)
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// requireEmpty requires that a refused upload left nothing behind.
func (g gallery) requireEmpty(t testing.TB) {
	t.Helper()
	require.Zero(t, apitest.Value[int](g.Shop, "SELECT count(*) FROM product_images"))
	require.Empty(t, g.files(t))
}

func (g gallery) at(id int64) string { return fmt.Sprintf("%s/%d", g.images, id) }

// createProductImage, getProduct, getMedia: an upload is served in three sizes.
func TestAnUploadIsShownInThreeSizes(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	tag := g.admin.Get(productAddress(g.product)).Header.Get("ETag")
	var shown api.Image
	answer := g.admin.Post(
		g.images, form(part{"alt", "", "In front"}, file(asPNG(t, picture(2000, 1000)))),
		apitest.IfMatch(tag),
	).
		Want(http.StatusCreated).
		Into(&shown)
	assert.NotEqual(t, tag, answer.Header.Get("ETag"), "the product has another version")
	g.admin.Post(g.images, form(file(asPNG(t, picture(20, 10)))), apitest.IfMatch(tag)).
		Problem(http.StatusPreconditionFailed, "stale")
	assert.Equal(t, "In front", shown.Alt)
	assert.True(t, shown.IsPrimary, "the first is the primary one")
	require.Len(t, shown.Sizes, 3)
	for i, want := range []image.Point{{X: 320, Y: 160}, {X: 800, Y: 400}, {X: 1600, Y: 800}} {
		size := shown.Sizes[i]
		assert.Equal(t, want, image.Point{X: int(size.Width), Y: int(size.Height)})
		read := g.Get(size.URL).Want(http.StatusOK)
		assert.Equal(t, "image/jpeg", read.Header.Get("Content-Type"))
		assert.Equal(t, "default-src 'none'; sandbox", read.Header.Get("Content-Security-Policy"))
		drawn, kind, err := image.Decode(bytes.NewReader(read.Body))
		require.NoError(t, err)
		assert.Equal(t, "jpeg", kind)
		assert.Equal(t, want, drawn.Bounds().Size())
	}

	var seen api.Product
	g.Get(fmt.Sprintf("/api/v1/products/%d", g.product.ID)).Want(http.StatusOK).Into(&seen)
	assert.Equal(t, []api.Image{shown}, seen.Images)
	second := g.upload(form(file(asJPEG(t, picture(100, 50)))))
	assert.Equal(t, "Drift", second.Alt, "the product's name stands in")
	assert.False(t, second.IsPrimary)
	assert.Equal(t, int32(1), second.Position)
	assert.Len(t, second.Sizes, 1, "nothing is drawn larger than it is")
	see := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	assert.True(
		t, strings.HasSuffix(g.upload(form(file(asPNG(t, see)))).URL, ".png"),
		"what is transparent stays so",
	)
}

// createProductImage, getMedia: metadata such as the place of a photo is not served.
func TestAPhotoForgetsWhereItWasTaken(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	photo := photographedAt(asJPEG(t, picture(400, 300)), "51.5034 N 0.1276 W")
	require.Contains(t, photo, "51.5034")
	for _, size := range g.upload(form(file(photo))).Sizes {
		shown := string(g.Get(size.URL).Want(http.StatusOK).Body)
		assert.NotContains(t, shown, "Exif")
		assert.NotContains(t, shown, "51.5034")
	}
}

// createProductImage: an image at a public address.
func TestImagesAreFetched(t *testing.T) {
	t.Parallel()
	g := newGallery(t, apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"})
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(asPNG(t, picture(400, 400))))
	}))
	defer remote.Close()
	var shown api.Image
	g.admin.Post(
		g.images, apitest.Fields{"url": remote.URL + "/a.png", "alt": "Fetched", "position": 3},
	).Want(http.StatusCreated).Into(&shown)
	assert.Equal(t, "Fetched", shown.Alt)
	assert.Len(t, shown.Sizes, 2)
	g.admin.Post(g.images, apitest.Fields{"url": remote.URL, "alt": "a\u0001"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	g.admin.Post(g.images, apitest.Fields{"alt": "nothing"}).
		Problem(http.StatusUnprocessableEntity, "invalid_request")
	g.admin.Post(g.images, apitest.Raw{
		ContentType: "Application/JSON",
		Content:     `{"url": "` + remote.URL + `"}`,
	}).
		Want(http.StatusCreated)
}
