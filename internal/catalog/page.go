package catalog

// Defaults of the contract for pages.
const defaultLimit = 20

// page is how much of a list is asked for.
type page struct{ limit, offset int32 }

func pageOf(limit, offset *int32) page {
	p := page{limit: defaultLimit}
	if limit != nil {
		p.limit = *limit
	}
	if offset != nil {
		p.offset = *offset
	}
	return p
}
