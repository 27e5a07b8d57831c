// Command zz_tmp prints figures and a contact sheet.
package main

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"sort"
	"strings"
	"strconv"

	"github.com/shopd/shopd/internal/demo"
)

func main() {
	c, err := demo.Load()
	if err != nil {
		panic(err)
	}
	const e, cols = 160, 10
	cats := map[string]demo.Category{}
	for _, k := range c.Categories {
		cats[k.Slug] = k
	}
	n := map[string]int{}
	var sale, out, low, hid, feat, vari, u10, u20, o100, o500 int
	for _, p := range c.Products {
		n[p.Category]++
		st := 0
		for _, v := range p.Variants {
			st += v.Stock
		}
		pr, _ := strconv.ParseFloat(p.Variants[0].Price, 64)
		b := func(x *int, ok bool) {
			if ok {
				*x++
			}
		}
		b(&sale, p.Variants[0].DiscountPrice != "")
		b(&out, st == 0)
		b(&low, st > 0 && st <= 5)
		b(&hid, !p.Active)
		b(&feat, p.Featured)
		b(&vari, len(p.Variants) > 1)
		b(&u10, pr < 10)
		b(&u20, pr < 20)
		b(&o100, pr > 100)
		b(&o500, pr > 500)
		if len(p.Description) < 80 || strings.Count(p.Description, ". ")+strings.Count(p.Description, "! ") < 1 || strings.Count(p.Description, ". ") > 3 {
			fmt.Println("DESC", len(p.Description), p.Name, "|", p.Description)
		}
	}
	t := len(c.Products)
	fmt.Println("products", t, "cats", len(c.Categories), "leaves", len(n), "brands", len(c.Brands))
	fmt.Printf("sale %.1f%% out %.1f%% low %d hidden %.1f%% featured %d variants %d <10 %d <20 %d >100 %d >500 %d\n", 100*float64(sale)/float64(t), 100*float64(out)/float64(t), low, 100*float64(hid)/float64(t), feat, vari, u10, u20, o100, o500)
	ks := []string{}
	for k, v := range n {
		ks = append(ks, fmt.Sprint(k, ":", v))
	}
	sort.Strings(ks)
	fmt.Println(ks)
	var pick []demo.Product
	seen := map[string]int{}
	per, _ := strconv.Atoi(os.Args[1])
	for _, p := range c.Products {
		if seen[p.Category] < per {
			seen[p.Category]++
			pick = append(pick, p)
		}
	}
	if len(os.Args) > 2 {
		var keep []demo.Product
		for _, p := range pick {
			if strings.Contains(","+os.Args[2]+",", ","+p.Category+",") {
				keep = append(keep, p)
			}
		}
		pick = keep
	}
	rows := (len(pick) + cols - 1) / cols
	sheet := image.NewRGBA(image.Rect(0, 0, cols*e, rows*e))
	for i, p := range pick {
		img := demo.Draw(p, cats[p.Category], e)
		draw.Draw(sheet, image.Rect(i%cols*e, i/cols*e, i%cols*e+e, i/cols*e+e), img, image.Point{}, draw.Src)
	}
	f, _ := os.Create("/tmp/sheet.png")
	png.Encode(f, sheet)
	f.Close()
}
