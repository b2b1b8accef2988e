package remotemedia_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// readValue gives the Go value that a conformance case writes as JSON. What JSON cannot write is an object with one
// key that begins with a dollar sign.
func readValue(text json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if object, isObject := value.(map[string]any); isObject && len(object) == 1 {
		for key := range object {
			if strings.HasPrefix(key, "$") {
				return readSpecial(key, text)
			}
		}
	}
	return numbersOf(value), nil
}

// special is what JSON cannot write.
type special struct {
	Bytes  []byte    `json:"$bytes"`
	Repeat []any     `json:"$repeat"`
	Float  string    `json:"$float"`
	Audio  *struct { // Interleaved samples.
		Rate     int       `json:"rate"`
		Channels int       `json:"channels"`
		Format   string    `json:"format"`
		Samples  []float64 `json:"samples"`
	} `json:"$audio"`
	Tensor *struct { // Row-major elements.
		DType  string    `json:"dtype"`
		Shape  []int     `json:"shape"`
		Values []float64 `json:"values"`
	} `json:"$tensor"`
}

func readSpecial(key string, text json.RawMessage) (any, error) {
	var value special
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	switch key {
	case "$bytes":
		return value.Bytes, nil
	case "$repeat":
		return strings.Repeat(value.Repeat[0].(string), int(value.Repeat[1].(float64))), nil
	case "$float":
		return strconv.ParseFloat(value.Float, 64)
	case "$audio":
		audio := value.Audio
		return audioOf(audio.Format, audio.Rate, audio.Channels, audio.Samples)
	case "$tensor":
		return tensorOf(value.Tensor.DType, value.Tensor.Shape, value.Tensor.Values)
	}
	return nil, fmt.Errorf("the case has a value %s, which is not known", key)
}

func audioOf(format string, rate, channels int, samples []float64) (any, error) {
	switch format {
	case "u8":
		return remotemedia.AudioOf(rate, channels, converted[uint8](samples)), nil
	case "s16":
		return remotemedia.AudioOf(rate, channels, converted[int16](samples)), nil
	case "s32":
		return remotemedia.AudioOf(rate, channels, converted[int32](samples)), nil
	case "f32":
		return remotemedia.AudioOf(rate, channels, converted[float32](samples)), nil
	case "f64":
		return remotemedia.AudioOf(rate, channels, samples), nil
	}
	return nil, fmt.Errorf("the case has samples of format %q, which is not known", format)
}

func tensorOf(dtype string, shape []int, values []float64) (any, error) {
	switch dtype {
	case "i8":
		return remotemedia.TensorOf(shape, converted[int8](values)), nil
	case "i16":
		return remotemedia.TensorOf(shape, converted[int16](values)), nil
	case "i32":
		return remotemedia.TensorOf(shape, converted[int32](values)), nil
	case "i64":
		return remotemedia.TensorOf(shape, converted[int64](values)), nil
	case "u8":
		return remotemedia.TensorOf(shape, converted[uint8](values)), nil
	case "u16":
		return remotemedia.TensorOf(shape, converted[uint16](values)), nil
	case "u32":
		return remotemedia.TensorOf(shape, converted[uint32](values)), nil
	case "f32":
		return remotemedia.TensorOf(shape, converted[float32](values)), nil
	case "f64":
		return remotemedia.TensorOf(shape, values), nil
	}
	return nil, fmt.Errorf("the case has elements of type %q, which is not known", dtype)
}

func converted[T uint8 | uint16 | uint32 | int8 | int16 | int32 | int64 | float32](values []float64) []T {
	elements := make([]T, len(values))
	for index, value := range values {
		elements[index] = T(value)
	}
	return elements
}

// numbersOf reads numbers as what they look like: whole ones without a dot or an exponent.
func numbersOf(value any) any {
	switch value := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(value.String(), 10, 64); err == nil {
			return whole
		}
		if whole, err := strconv.ParseUint(value.String(), 10, 64); err == nil {
			return whole
		}
		number, _ := value.Float64()
		return number
	case []any:
		for index, item := range value {
			value[index] = numbersOf(item)
		}
	case map[string]any:
		for key, item := range value {
			value[key] = numbersOf(item)
		}
	}
	return value
}

// equal tells whether a value is what was expected, to the bit, however an array's strides are written.
func equal(found, expected any) bool {
	if found, isFloat := found.(float64); isFloat {
		expected, isFloat := expected.(float64)
		return isFloat && math.Float64bits(found) == math.Float64bits(expected)
	}
	if found, isTensor := found.(remotemedia.Tensor); isTensor {
		expected, isTensor := expected.(remotemedia.Tensor)
		return isTensor && found.DType == expected.DType && reflect.DeepEqual(found.Shape, expected.Shape) &&
			bytes.Equal(found.Data[found.Offset:], expected.Data)
	}
	return reflect.DeepEqual(found, expected)
}
