package server

import (
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// offers returns what a header such as Accept lists, in lower case, with the quality of each
// (RFC 9110, section 12.4.2): from 0, which refuses it, to 1. A quality that is no number counts
// as 1.
func offers(header http.Header, name string) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for one := range strings.SplitSeq(strings.Join(header.Values(name), ","), ",") {
			value, parameters, _ := strings.Cut(one, ";")
			value = strings.ToLower(strings.TrimSpace(value))
			if value != "" && !yield(value, quality(parameters)) {
				return
			}
		}
	}
}

func quality(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err == nil && weight >= 0 && weight <= 1 {
			return weight
		}
	}
	return 1
}

// acceptsGzip reports whether Accept-Encoding names gzip and does not refuse it.
func acceptsGzip(header http.Header) bool {
	for coding, weight := range offers(header, echo.HeaderAcceptEncoding) {
		if coding == "gzip" {
			return weight > 0
		}
	}
	return false
}

// prefers reports whether Accept names a media type and wants nothing else more:
// JSON of the same quality must stand behind it.
func prefers(header http.Header, wanted string) bool {
	const ofType, ofAll = "application/*", "*/*"
	quality, isFirst := 0.0, true
	plain := map[string]float64{} // qualities of what JSON fits, by range
	for media, weight := range offers(header, echo.HeaderAccept) {
		switch media {
		case wanted:
			quality = weight
			_, named := plain[echo.MIMEApplicationJSON]
			isFirst = !named
		case echo.MIMEApplicationJSON, ofType, ofAll:
			plain[media] = weight
		}
	}
	weight := 0.0
	for _, media := range []string{echo.MIMEApplicationJSON, ofType, ofAll} { // the closest counts
		if named, ok := plain[media]; ok {
			weight = named
			break
		}
	}
	return quality > 0 && (quality > weight || quality == weight && isFirst)
}
