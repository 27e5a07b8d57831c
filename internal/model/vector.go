package model

import "math"

// Fit makes a unit vector of Dimensions numbers: longer ones are cut (models that allow it keep the
// most telling numbers first), shorter ones filled up with zeros, which changes no cosine. The
// error names the model that answered a vector without a direction.
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
