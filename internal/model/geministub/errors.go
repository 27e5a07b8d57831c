package geministub

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is Google's error: {"error":{"code","message","status","details"}}.
type apiError struct {
	Code    int              `json:"code"`
	Message string           `json:"message"`
	Status  string           `json:"status"`
	Details []map[string]any `json:"details,omitempty"`
}

func (e *apiError) body() []byte {
	body, err := json.MarshalIndent(map[string]any{"error": e}, "", "  ")
	if err != nil {
		panic(err) // never: it consists of strings and numbers
	}
	return body
}

func (e *apiError) write(w http.ResponseWriter) { e.reply().write(w) }

func (e *apiError) reply() Reply { return Reply{Status: e.Code, Body: string(e.body())} }

// invalid returns the 400 for a request that breaks a rule.
func invalid(format string, args ...any) *apiError {
	return &apiError{
		Code:    http.StatusBadRequest,
		Status:  "INVALID_ARGUMENT",
		Message: fmt.Sprintf(format, args...),
	}
}

func detail(kind string, fields map[string]any) map[string]any {
	fields["@type"] = "type.googleapis.com/google.rpc." + kind
	return fields
}

func errorInfo(reason string) map[string]any {
	return detail("ErrorInfo", map[string]any{
		"reason":   reason,
		"domain":   "googleapis.com",
		"metadata": map[string]any{"service": "generativelanguage.googleapis.com"},
	})
}

func errNoKey() *apiError {
	return &apiError{
		Code:   http.StatusForbidden,
		Status: "PERMISSION_DENIED",
		Message: "Method doesn't allow unregistered callers (callers without established " +
			"identity). Please use API Key or other form of API consumer identity to call " +
			"this API.",
	}
}

func errKeyInvalid() *apiError {
	e := invalid("API key not valid. Please pass a valid API key.")
	e.Details = []map[string]any{
		errorInfo("API_KEY_INVALID"),
		detail("LocalizedMessage", map[string]any{"locale": "en-US", "message": e.Message}),
	}
	return e
}

func errUnknownModel(name string, method Method) *apiError {
	return &apiError{
		Code:   http.StatusNotFound,
		Status: "NOT_FOUND",
		Message: fmt.Sprintf(
			"models/%s is not found for API version v1beta, or is not supported for %s. "+
				"Call ListModels to see the list of available models and their supported methods.",
			name,
			method,
		),
	}
}

func errRetired(name string) *apiError {
	return &apiError{
		Code: http.StatusNotFound, Status: "NOT_FOUND",
		Message: fmt.Sprintf("This model models/%s is no longer available to new users. "+
			"Please update your code to use a newer model for the latest features and "+
			"improvements.", name),
	}
}

func errQuota(message, metric, id, retryDelay string) *apiError {
	e := &apiError{
		Code:   http.StatusTooManyRequests,
		Status: "RESOURCE_EXHAUSTED",
		Message: "You exceeded your current quota, please check your plan and billing details. " +
			message,
		Details: []map[string]any{
			detail("QuotaFailure", map[string]any{"violations": []map[string]any{
				{
					"quotaMetric": "generativelanguage.googleapis.com/" + metric,
					"quotaId":     id,
					"quotaDimensions": map[string]any{
						"location": "global",
						"model":    "gemini-2.5-flash",
					},
					"quotaValue": "20",
				},
			}}),
			detail("Help", map[string]any{"links": []map[string]any{{
				"description": "Learn more about Gemini API quotas",
				"url":         "https://ai.google.dev/gemini-api/docs/rate-limits",
			}}}),
		},
	}
	if retryDelay != "" {
		e.Details = append(e.Details, detail("RetryInfo", map[string]any{"retryDelay": retryDelay}))
	}
	return e
}
