package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/shopd/shopd/internal/platform/problem"
)

var (
	errMediaType = &problem.Error{
		Status:     http.StatusUnsupportedMediaType,
		Code:       "unsupported_media_type",
		Detail:     "The body has a Content-Type this operation does not take.",
		Resolution: problem.FixRequest,
	}
	errSlow = &problem.Error{
		Status:     http.StatusRequestTimeout,
		Code:       "request_timeout",
		Detail:     "The body did not arrive in time. Send it again, on a faster line or in parts.",
		Resolution: problem.Retry,
	}
)

// checkEncoding refuses a body that is compressed, or whose text is not in UTF-8 by its
// Content-Type. Either would be misread.
func checkEncoding(c echo.Context) error {
	header := c.Request().Header
	for coding := range strings.SplitSeq(
		strings.Join(header.Values("Content-Encoding"), ","), ",",
	) {
		coding = strings.TrimSpace(coding)
		if coding != "" && !strings.EqualFold(coding, "identity") {
			// What may be sent instead (RFC 9110, section 12.5.3).
			c.Response().Header().Set(echo.HeaderAcceptEncoding, "identity")
			return errMediaType.Detailf(
				"Compressed bodies are not read. Send it as it is, without Content-Encoding.",
			)
		}
	}
	_, parameters, err := mime.ParseMediaType(header.Get(echo.HeaderContentType))
	charset := parameters["charset"]
	if err == nil && charset != "" && !slices.Contains(utf8Names, strings.ToLower(charset)) {
		return errMediaType.Detailf(
			"Send the body in UTF-8: its Content-Type says another charset.",
		)
	}
	return nil
}

// utf8Names are the names of charsets whose texts are valid UTF-8.
var utf8Names = []string{"utf-8", "utf8", "us-ascii"}

// timedBody is a body whose reader learns by errSlow that it did not arrive in time.
type timedBody struct{ io.ReadCloser }

func (b timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errSlow.Because(err)
	}
	return n, err
}

// jsonReader reads bodies for the generated code. The validator takes numbers such as 1.0 and 1e0
// for integers, as JSON Schema has it, and Go does not.
type jsonReader struct{ echo.DefaultJSONSerializer }

// Deserialize implements echo.JSONSerializer. Its error names the field.
func (jsonReader) Deserialize(c echo.Context, target any) error {
	data, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	if err = json.Unmarshal(data, target); err == nil {
		return nil
	}
	if at, message := oddNumber(data); at >= 0 {
		return problem.Invalid(problem.Field{Pointer: pointerAt(data, at), Message: message})
	}
	return errMalformed.Because(err)
}

// oddNumber returns where the last digit is of the first number in valid JSON that Go does not read
// as an integer, or -1, and what is wrong with it.
func oddNumber(data []byte) (at int, message string) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return -1, ""
		}
		number, ok := token.(json.Number)
		if !ok {
			continue
		}
		switch _, err := number.Int64(); {
		case errors.Is(err, strconv.ErrRange):
			return int(decoder.InputOffset()) - 1, "is out of range"
		case err != nil:
			return int(decoder.InputOffset()) - 1, "must be written as an integer in digits alone"
		}
	}
}
