package feeds

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopd/shopd/internal/feeds/csvfile"
)

// isXML reports whether the file begins like XML.
func (r *runner) isXML(ctx context.Context) (bool, error) {
	file, err := r.open(ctx, 0)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }()
	var detector csvfile.Detector
	if _, err := io.CopyN(&detector, file, 512); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return detector.IsXML(), nil
}

// xmlItem is a product of an XML feed: what its elements hold by their names.
type xmlItem struct {
	names  []string // in the order of the file, each once
	values map[string][]string
	facts  map[string]string // of product_detail
}

// eachXMLItem calls do for each item of RSS, or entry of Atom, with its number and line.
func (r *runner) eachXMLItem(ctx context.Context, do func(item xmlItem, line int) error) error {
	file, err := r.open(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	d := xml.NewDecoder(file)
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.HasPrefix(*r.Encoding, "utf-16") {
			return in, nil // translated already
		}
		encoding, known := csvfile.Named(charset)
		if !known {
			return nil, refusal("The file is XML in an unknown encoding: " + clip(charset) + ".")
		}
		return csvfile.Translate(in, encoding), nil
	}
	found := false
	for ctx.Err() == nil {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if !found {
				return refusal(
					"The file is XML, but not a feed of products as Google has them: it has no " +
						"item or entry.",
				)
			}
			return nil
		}
		if err != nil {
			return xmlRefusal(d, err)
		}
		start, isStart := token.(xml.StartElement)
		if !isStart || start.Name.Local != "item" && start.Name.Local != "entry" {
			continue
		}
		found = true
		line, _ := d.InputPos()
		item, err := readXMLItem(d, start.Name.Local)
		if err != nil {
			return xmlRefusal(d, err)
		}
		if err := do(item, line); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// xmlRefusal says where a file is no XML. Errors of the storage stay what they are.
func xmlRefusal(d *xml.Decoder, err error) error {
	var syntax *xml.SyntaxError
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		line, _ := d.InputPos()
		return refusal(fmt.Sprintf(
			"The file is XML that cannot be read to its end: line %d. Nothing was imported.", line,
		))
	}
	return err
}

// maxXMLValues is how many elements of one name an item may have.
const maxXMLValues = 100

func readXMLItem(d *xml.Decoder, end string) (item xmlItem, err error) {
	item = xmlItem{values: map[string][]string{}, facts: map[string]string{}}
	var path []string
	var text strings.Builder
	detail := map[string]string{}
	for {
		token, err := d.Token()
		if err != nil {
			return item, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			text.Reset()
			if t.Name.Local == "link" { // Atom has the address in an attribute
				for _, a := range t.Attr {
					if a.Name.Local == "href" {
						text.WriteString(a.Value)
					}
				}
			}
		case xml.CharData:
			if text.Len() < csvfile.MaxRecord {
				text.Write(t)
			}
		case xml.EndElement:
			if len(path) == 0 {
				if t.Name.Local == end {
					return item, nil
				}
				continue
			}
			name, value := path[len(path)-1], strings.TrimSpace(text.String())
			path = path[:len(path)-1]
			text.Reset()
			switch {
			case len(path) > 0:
				detail[name] = value
			case name == "product_detail":
				if detail["attribute_name"] != "" {
					item.facts[normalName(detail["attribute_name"])] = detail["attribute_value"]
				}
				clear(detail)
			case len(detail) > 0:
				clear(detail) // shipping and tax, which are the shop's business
			case value != "" && len(item.values[name]) < maxXMLValues:
				if len(item.values[name]) == 0 {
					item.names = append(item.names, name)
				}
				item.values[name] = append(item.values[name], value)
			}
		}
	}
}

// writeXMLRows writes the products of Google's XML as rows. Their elements are the columns that an
// import knows.
func (r *runner) writeXMLRows(ctx context.Context, to io.Writer) error {
	var names []string
	if err := r.eachXMLItem(ctx, func(item xmlItem, _ int) error {
		for _, name := range item.names {
			if !slices.Contains(names, name) && len(names) < csvfile.MaxColumns-8 {
				names = append(names, name)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if !slices.Contains(names, "id") {
		return refusal("The file is XML without an id for its products.")
	}
	out := newRowWriter(to)
	out.write(append(
		[]string{string(colRow), string(colLine), string(colMoreAttributes)}, names...,
	))
	number := int64(0)
	if err := r.eachXMLItem(ctx, func(item xmlItem, line int) error {
		number++
		cells := []string{
			fmt.Sprint(number + 1), fmt.Sprint(line), jsonText(len(item.facts), item.facts),
		}
		for _, name := range names {
			cells = append(cells, escapeFormula(strings.Join(item.values[name], ", ")))
		}
		out.write(cells)
		return out.failed
	}); err != nil {
		return err
	}
	return out.flush()
}
