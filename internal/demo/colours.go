package demo

import (
	"image/color"
	"math"
	"strings"
)

// Colours that all pictures have.
var (
	ink    = color.RGBA{44, 42, 56, 255}
	white  = color.RGBA{255, 255, 255, 255}
	shadow = color.RGBA{40, 36, 60, 44}
)

// tonesOf returns the colours an icon is drawn with, by the letters in icons.yaml: a, b and c
// depend on the product, the others are always the same.
func tonesOf(p Product, seed uint32) map[byte]color.RGBA {
	main := mainColour(p, seed)
	return map[byte]color.RGBA{
		'a': main,
		'b': mix(main, color.RGBA{24, 22, 44, 255}, 0.42),   // in shade
		'c': mix(main, color.RGBA{255, 252, 244, 255}, 0.5), // in light
		'w': {252, 250, 245, 255},                           // white
		'd': {58, 58, 68, 255},                              // dark
		'm': {172, 178, 188, 255},                           // metal
		'n': {190, 148, 100, 255},                           // wood
		'g': {196, 222, 230, 255},                           // glass, water, screens
		'l': {106, 152, 98, 255},                            // leaves
		'y': {248, 212, 120, 255},                           // light
		'k': {104, 66, 46, 255},                             // coffee, chocolate, soil
	}
}

// mainColour returns the colour that the product's attributes name, else that of its material, else
// one of the palette.
func mainColour(p Product, seed uint32) color.RGBA {
	for _, word := range append(words(p.Attributes["colour"]), words(p.Attributes["material"])...) {
		if named, ok := namedColours[word]; ok {
			return named
		}
	}
	return palette[seed%uint32(len(palette))]
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '-' })
}

// palette has the colours of products whose attributes name none.
var palette = []color.RGBA{
	{196, 98, 74, 255},
	{52, 128, 132, 255},
	{62, 84, 130, 255},
	{208, 158, 62, 255},
	{122, 150, 112, 255},
	{132, 82, 122, 255},
	{222, 122, 100, 255},
	{70, 116, 88, 255},
	{196, 116, 132, 255},
	{84, 130, 178, 255},
	{150, 108, 70, 255},
	{106, 98, 158, 255},
}

// namedColours are the colours of the words for colours and materials in the catalogue.
var namedColours = map[string]color.RGBA{
	"black":       {58, 58, 68, 255},
	"graphite":    {78, 80, 90, 255},
	"charcoal":    {72, 72, 80, 255},
	"anthracite":  {76, 78, 86, 255},
	"grey":        {132, 137, 147, 255},
	"silver":      {166, 172, 181, 255},
	"slate":       {98, 111, 128, 255},
	"white":       {222, 222, 224, 255},
	"cream":       {228, 210, 176, 255},
	"sand":        {211, 187, 145, 255},
	"natural":     {201, 171, 127, 255},
	"oatmeal":     {208, 194, 168, 255},
	"transparent": {172, 204, 216, 255},
	"red":         {199, 68, 62, 255},
	"rust":        {180, 88, 56, 255},
	"coral":       {229, 118, 101, 255},
	"terracotta":  {193, 104, 76, 255},
	"orange":      {228, 138, 58, 255},
	"mustard":     {208, 164, 58, 255},
	"yellow":      {230, 192, 72, 255},
	"brown":       {130, 92, 66, 255},
	"cognac":      {162, 102, 62, 255},
	"green":       {82, 142, 92, 255},
	"forest":      {60, 106, 80, 255},
	"moss":        {116, 130, 78, 255},
	"olive":       {126, 128, 72, 255},
	"sage":        {146, 164, 136, 255},
	"mint":        {138, 194, 170, 255},
	"khaki":       {150, 140, 102, 255},
	"blue":        {70, 116, 176, 255},
	"navy":        {52, 70, 108, 255},
	"teal":        {52, 142, 144, 255},
	"petrol":      {40, 106, 120, 255},

	"oak":        {196, 154, 104, 255},
	"walnut":     {122, 86, 62, 255},
	"beech":      {212, 174, 128, 255},
	"alder":      {198, 142, 98, 255},
	"bamboo":     {208, 180, 116, 255},
	"limewood":   {214, 186, 142, 255},
	"cork":       {196, 158, 112, 255},
	"larch":      {190, 134, 88, 255},
	"jute":       {194, 162, 112, 255},
	"linen":      {206, 190, 160, 255},
	"leather":    {146, 98, 66, 255},
	"goatskin":   {200, 164, 116, 255},
	"nubuck":     {138, 100, 70, 255},
	"cardboard":  {190, 154, 112, 255},
	"steel":      {146, 156, 168, 255},
	"aluminium":  {168, 175, 184, 255},
	"iron":       {74, 76, 84, 255},
	"copper":     {194, 116, 78, 255},
	"brass":      {190, 154, 82, 255},
	"glass":      {150, 192, 206, 255},
	"stoneware":  {186, 176, 164, 255},
	"cordierite": {200, 180, 152, 255},
	"beeswax":    {224, 182, 92, 255},
	"soy":        {232, 220, 196, 255},
}

// backdrops are the hues of the backgrounds in degrees, by top category, so that products of one
// category look alike.
var backdrops = map[string]float64{
	"electronics":       222,
	"clothing":          268,
	"kitchen":           28,
	"home":              42,
	"sports-outdoors":   168,
	"games-books-paper": 330,
	"pets-garden":       104,
	"food-care":         8,
}

// backdropOf returns the gradient behind a product: the hue of its top category, a little different
// for each category and product.
func backdropOf(category Category, seed uint32) (top, bottom color.RGBA) {
	hue, known := backdrops[category.ParentSlug]
	if !known {
		hue = float64(seedOf(category.ParentSlug) % 360)
	}
	hue += unit(seedOf(category.Slug))*20 + unit(seed)*16 - 18
	return hsl(hue, 0.42, 0.92), hsl(hue+16, 0.4, 0.82)
}

// mix returns a colour between two: from if at is 0, to if at is 1.
func mix(from, to color.RGBA, at float64) color.RGBA {
	between := func(a, b uint8) uint8 {
		return uint8(math.Round(float64(a)*(1-at) + float64(b)*at))
	}
	return color.RGBA{between(from.R, to.R), between(from.G, to.G), between(from.B, to.B), 255}
}

// hsl returns the colour of a hue (in degrees), saturation and lightness (0 to 1), as in CSS Color
// 4, section 7.1.
func hsl(hue, saturation, lightness float64) color.RGBA {
	hue = math.Mod(hue+360, 360)
	channel := func(n float64) uint8 {
		k := math.Mod(n+hue/30, 12)
		a := saturation * math.Min(lightness, 1-lightness)
		return uint8(
			math.Round(255 * (lightness - a*math.Max(-1, math.Min(math.Min(k-3, 9-k), 1)))),
		)
	}
	return color.RGBA{channel(0), channel(8), channel(4), 255}
}
