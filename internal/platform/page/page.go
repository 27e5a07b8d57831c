// Package page reads which part of a list a request asks for: by limit and offset, or from the
// place a cursor names.
//
// A list that has cursors reads them with Read, selects the rows behind Page.Key, and returns the
// cursor of the next page with Next:
//
//	asked, err := page.Read(ctx, 1, p.Limit, p.Offset, p.Cursor)
//	...
//	params.BeforeID = asked.Key(0) // nil on the first page
//	rows, err := o.planned.ListOrders(ctx, params)
//	...
//	body.NextCursor = page.Next(asked, rows, func(o db.ListOrdersRow) page.Keys {
//		return page.Keys{o.ID}
//	})
package page

// defaultLimit is the contract's.
const defaultLimit = 20

// Page is the part of a list that is asked for.
type Page struct {
	Limit, Offset int32

	list  string // which list it is of, with which filters
	after Keys   // nil on the first page, and when paging by offset
}

// Of returns the page of a list that has no cursors. The contract has checked both parameters.
func Of(limit, offset *int32) Page {
	p := Page{Limit: defaultLimit}
	if limit != nil {
		p.Limit = *limit
	}
	if offset != nil {
		p.Offset = *offset
	}
	return p
}

// Key returns a key of the last row of the page before, which the rows of this page follow; nil if
// the request has no cursor.
func (p Page) Key(i int) *int64 {
	if p.after == nil {
		return nil
	}
	return &p.after[i]
}

// HasCursor reports whether the request names the page by a cursor. Lists leave out the total then.
func (p Page) HasCursor() bool { return p.after != nil }
