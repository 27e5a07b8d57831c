// Package page reads which part of a list a request asks for: by limit and offset, or by limit and
// cursor.
//
// A handler of a list that has cursors reads the page with Read, selects the rows after Page.Key,
// and returns the cursor of the next page from Next:
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

// defaultLimit is the default of the parameter limit in the contract.
const defaultLimit = 20

// Page is the part of a list that a request asks for.
type Page struct {
	Limit, Offset int32

	list  string // identifies the list with its filters; see listOf
	after Keys   // nil on the first page, and when paging by offset
}

// Of returns the page of a list that has no cursors. Both parameters were checked against the
// contract.
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

// Key returns the key i of the last row of the previous page. The rows of this page follow it. It
// returns nil if the request has no cursor.
func (p Page) Key(i int) *int64 {
	if p.after == nil {
		return nil
	}
	return &p.after[i]
}

// HasCursor reports whether the request has a cursor. Lists then leave out the total.
func (p Page) HasCursor() bool { return p.after != nil }
