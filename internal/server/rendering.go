package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strconv"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/platform/openapi"
	"github.com/shopd/shopd/internal/platform/request"
)

// rendering is a file that is ready to be sent, with and without compression.
type rendering struct {
	media     string
	text, zip []byte
	tag       string // ETag of text
}

// newRendering compresses a text.
func newRendering(media string, text []byte) (*rendering, error) {
	var zip bytes.Buffer
	w, err := gzip.NewWriterLevel(&zip, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return &rendering{media: media, text: text, zip: zip.Bytes(), tag: bodyTag(text)}, nil
}

// write sends the file. It is compressed if the client reads gzip, and then has an ETag of its own.
func (r *rendering) write(w http.ResponseWriter, isZipped bool) error {
	header := w.Header()
	body, tag := r.text, r.tag
	if isZipped {
		body, tag = r.zip, tag[:len(tag)-1]+`-gzip"`
		header.Set("Content-Encoding", "gzip")
	}
	header.Add("Vary", "Accept-Encoding")
	header.Set("ETag", tag)
	header.Set("Content-Type", r.media)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(body)
	return err
}

// contractFiles are openapi.yaml as clients get it.
type contractFiles struct {
	yaml, json *rendering
	json31     *rendering // as OpenAPI 3.1
	tryOut     []byte     // as JSON, for the page that tries it
}

// renderContract renders the files at their first use, since most servers never need them.
var renderContract = sync.OnceValues(func() (files contractFiles, err error) {
	document, err := openapi.Served(shopd.Contract)
	if err != nil {
		return files, err
	}
	text, err := document.YAML()
	if err != nil {
		return files, err
	}
	if files.yaml, err = newRendering("application/yaml", text); err != nil {
		return files, err
	}
	if text, err = document.JSON(); err != nil {
		return files, err
	}
	if files.json, err = newRendering("application/json", text); err != nil {
		return files, err
	}
	if text, err = document.Version31().JSON(); err != nil {
		return files, err
	}
	if files.json31, err = newRendering("application/json", text); err != nil {
		return files, err
	}
	leaveOutExamples(document)
	files.tryOut, err = document.JSON()
	return files, err
})

// leaveOutExamples removes the examples of parameters that may be left out. The page that tries
// operations fills every field in with its example, and all filters of a list at once find nothing.
func leaveOutExamples(document *openapi.Document) {
	root := document.Root()
	for _, item := range openapi.Get(root, "paths").Content {
		for _, member := range item.Content {
			// parameters of the path, or those of an operation
			for _, list := range []*yaml.Node{member, openapi.Get(member, "parameters")} {
				if list == nil || list.Kind != yaml.SequenceNode {
					continue
				}
				for _, parameter := range list.Content {
					leaveOutExample(document, document.Resolve(parameter))
				}
			}
		}
	}
}

func leaveOutExample(document *openapi.Document, parameter *yaml.Node) {
	required, schema := openapi.Get(parameter, "required"), openapi.Get(parameter, "schema")
	if schema == nil || required != nil && required.Value == "true" {
		return
	}
	openapi.Delete(parameter, "example", "examples")
	if schema = document.Resolve(schema); openapi.Get(schema, "example") != nil {
		schema = openapi.Copy(schema) // others refer to it
		openapi.Delete(schema, "example")
		openapi.Set(parameter, "schema", schema)
	}
}

// contractAnswer is a file of the contract as a response.
type contractAnswer struct {
	*rendering
	isZipped bool
}

func (a contractAnswer) VisitGetOpenAPIYAMLResponse(w http.ResponseWriter) error {
	return a.write(w, a.isZipped)
}

func (a contractAnswer) VisitGetOpenAPIJSONResponse(w http.ResponseWriter) error {
	return a.write(w, a.isZipped)
}

func (a contractAnswer) VisitGetOpenAPI31JSONResponse(w http.ResponseWriter) error {
	return a.write(w, a.isZipped)
}

// GetOpenAPIYAML returns the contract as YAML.
func (*Site) GetOpenAPIYAML(
	ctx context.Context, _ api.GetOpenAPIYAMLRequestObject,
) (api.GetOpenAPIYAMLResponseObject, error) {
	files, err := renderContract()
	return contractAnswer{files.yaml, request.From(ctx).AcceptsGzip}, err
}

// GetOpenAPIJSON returns the contract as JSON.
func (*Site) GetOpenAPIJSON(
	ctx context.Context, _ api.GetOpenAPIJSONRequestObject,
) (api.GetOpenAPIJSONResponseObject, error) {
	files, err := renderContract()
	return contractAnswer{files.json, request.From(ctx).AcceptsGzip}, err
}

// GetOpenAPI31JSON returns the contract as JSON of OpenAPI 3.1.
func (*Site) GetOpenAPI31JSON(
	ctx context.Context, _ api.GetOpenAPI31JSONRequestObject,
) (api.GetOpenAPI31JSONResponseObject, error) {
	files, err := renderContract()
	return contractAnswer{files.json31, request.From(ctx).AcceptsGzip}, err
}
