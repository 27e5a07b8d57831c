// Package mergepatch applies the fields of a JSON merge patch (RFC 7396): those that were sent
// change, null empties.
package mergepatch

import "github.com/oapi-codegen/nullable"

// Set changes a field that was sent.
func Set[T any](field, sent *T) {
	if sent != nil {
		*field = *sent
	}
}

// Patch changes a field that was sent, to nothing when it was sent as null.
func Patch[T any](field **T, sent nullable.Nullable[T]) {
	if !sent.IsSpecified() {
		return
	}
	*field = nil
	if value, err := sent.Get(); err == nil {
		*field = &value
	}
}
