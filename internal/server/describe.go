package server

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// describeSchemaError returns the error of a value in words that follow the name of its field.
func describeSchemaError(err *openapi3.SchemaError) string {
	schema := err.Schema
	switch err.SchemaField {
	case "required":
		return "is required"
	case "properties":
		if unknownField(err) != "" {
			return "is not a field of this object"
		}
	case "type":
		if schema.Type != nil {
			return "must be of type " + strings.Join(schema.Type.Slice(), " or ")
		}
	case "nullable":
		return "must not be null"
	case "enum":
		words := make([]string, 0, len(schema.Enum))
		for _, one := range schema.Enum {
			words = append(words, fmt.Sprint(one))
		}
		return "must be one of " + strings.Join(words, ", ")
	case "minLength":
		if schema.MinLength == 1 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d characters", schema.MinLength)
	case "maxLength":
		return fmt.Sprintf("must have at most %d characters", *schema.MaxLength)
	case "minimum":
		return fmt.Sprintf("must be at least %.0f", *schema.Min)
	case "maximum":
		return fmt.Sprintf("must be at most %.0f", *schema.Max)
	case "minItems":
		return fmt.Sprintf("must have at least %d items", schema.MinItems)
	case "maxItems":
		return fmt.Sprintf("must have at most %d items", *schema.MaxItems)
	case "minProperties", "maxProperties":
		return "must have " + strings.TrimPrefix(
			strings.ReplaceAll(err.Reason, "properties", "fields"), "there must be ",
		)
	case "pattern":
		switch {
		case strings.Contains(schema.Pattern, `[^\s\p{Z}`):
			return "must not be blank"
		case schema.Format == "email":
			return "must be an e-mail address"
		case schema.Description != "":
			return fmt.Sprintf(
				"does not have the form of %s",
				lowerFirst(strings.TrimSuffix(firstSentence(schema.Description), ".")),
			)
		}
		return "does not have the form " + schema.Pattern
	case "format":
		if schema.Format == "email" {
			return "must be an e-mail address"
		}
		return "must be a valid " + schema.Format
	}
	return "is not valid: " + err.Reason
}

// unknownField returns the name of a field that the schema does not have, or none for other errors.
func unknownField(err *openapi3.SchemaError) string {
	if err.SchemaField != "properties" {
		return ""
	}
	quoted := strings.TrimSuffix(strings.TrimPrefix(err.Reason, "property "), " is unsupported")
	name, _ := strconv.Unquote(quoted) // none if it is another reason
	return name
}

func firstSentence(text string) string {
	sentence, _, _ := strings.Cut(text, ". ")
	return sentence
}

// lowerFirst returns a text with its first letter in lower case, unless it begins with a name such
// as ISO.
func lowerFirst(text string) string {
	if len(text) < 2 || text[1] >= 'A' && text[1] <= 'Z' {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}
