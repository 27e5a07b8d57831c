package media

import "encoding/json"

// Smallest returns the address of the smallest rendition of an image, or nil if there is no image.
// sizes are the renditions as JSON, smallest first, as they are in the database. prefix is the
// beginning of all addresses of images.
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
