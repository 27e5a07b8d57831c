package media

import "encoding/json"

// Smallest is the address of the smallest size of an image as the database keeps sizes, smallest
// first; nil without an image. prefix is what addresses of images begin with.
func Smallest(prefix string, sizes []byte) (*string, error) {
	if len(sizes) == 0 {
		return nil, nil
	}
	var stored []struct {
		Path string `json:"path"`
	}
	if err := json.Unmarshal(sizes, &stored); err != nil || len(stored) == 0 {
		return nil, err
	}
	return new(prefix + "/" + stored[0].Path), nil
}
