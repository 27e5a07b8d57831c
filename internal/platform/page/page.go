// Package page reads how much of a list is asked for.
package page

// defaultLimit is the contract's.
const defaultLimit = 20

// Page is a part of a list.
type Page struct{ Limit, Offset int32 }

// Of reads the parameters limit and offset, which the contract has checked.
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
