// Package mergepatch applies a JSON merge patch (RFC 7396): fields that were sent are changed, and
// null makes a field empty.
package mergepatch

import "github.com/oapi-codegen/nullable"

// Set sets a field to the value that was sent, if one was sent.
func Set[T any](field, sent *T) {
	if sent != nil {
		*field = *sent
	}
}

// Patch sets a field to the value that was sent, if one was sent, and to nil if null was sent.
func Patch[T any](field **T, sent nullable.Nullable[T]) {
	if !sent.IsSpecified() {
		return
	}
	*field = nil
	if value, err := sent.Get(); err == nil {
		*field = &value
	}
}
