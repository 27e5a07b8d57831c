package model

import "math"

// Fit returns a unit vector of Dimensions numbers. Longer vectors are cut, which is only done for
// models that put the most important numbers first; shorter ones are padded with zeros. The error
// of a vector without a direction names the model.
func Fit(values []float32, model string) ([]float32, error) {
	values = values[:min(len(values), Dimensions)]
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	length := math.Sqrt(sum)
	if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
		return nil, &UnavailableError{Reason: model + " answered a vector without a direction"}
	}
	vector := make([]float32, Dimensions)
	for i, v := range values {
		vector[i] = float32(float64(v) / length)
	}
	return vector, nil
}
