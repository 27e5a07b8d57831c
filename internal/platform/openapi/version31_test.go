package openapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/platform/openapi"
)

func TestVersion31HasTheSchemasOfJSONSchema(t *testing.T) {
	t.Parallel()
	document := flatten(t, `
openapi: 3.0.3
x-webhooks:
  event: {post: {requestBody: {content: {a/b: {schema: {type: string, nullable: true}}}}}}
paths:
  /:
    get:
      parameters:
        - {name: a, in: query, example: 1, schema: {type: string, nullable: true, example: b}}
      responses:
        '200':
          content:
            image/png: {schema: {type: string, format: binary}}
            application/json:
              example: {nullable: true, example: 1}
              schema: {$ref: '#/components/schemas/One'}
components:
  schemas:
    One:
      type: object
      properties:
        nullable: {type: boolean, nullable: false}
        example: {type: array, nullable: true, items: {type: integer, nullable: true}}
        word: {type: string, nullable: true, enum: [a, b], default: null}
      additionalProperties: {oneOf: [{type: string, example: c}]}
`)
	before, err := document.JSON()
	require.NoError(t, err)
	asYAML, err := document.Version31().YAML()
	require.NoError(t, err)
	after, err := document.JSON()
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after), "the document itself stays as it is")
	want := `openapi: '3.1.0'
webhooks:
  event:
    post:
      requestBody:
        content:
          a/b:
            schema:
              type: [string, 'null']
paths:
  /:
    get:
      parameters:
        - name: a
          in: query
          example: 1
          schema:
            type: [string, 'null']
            examples: [b]
      responses:
        '200':
          content:
            image/png:
              schema:
                type: string
                contentMediaType: application/octet-stream
            application/json:
              example:
                nullable: true
                example: 1
              schema:
                $ref: '#/components/schemas/One'
components:
  schemas:
    One:
      type: object
      properties:
        nullable:
          type: boolean
        example:
          type: [array, 'null']
          items:
            type: [integer, 'null']
        word:
          type: [string, 'null']
          enum: [a, b, null]
          default: null
      additionalProperties:
        oneOf:
          - type: string
            examples: [c]
`
	assert.Equal(t, want, string(asYAML))
}

func TestTheContractHasNothingOf30InVersion31(t *testing.T) {
	t.Parallel()
	document, err := openapi.Served(shopd.Contract)
	require.NoError(t, err)
	asYAML, err := document.Version31().YAML()
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(asYAML), "openapi: '3.1.0'\n"))
	assert.NotContains(t, string(asYAML), "nullable: true")
	assert.NotContains(t, string(asYAML), "format: binary")
	assert.NotContains(t, string(asYAML), "x-webhooks")
}
