package remotemedia_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

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
	Video *struct { // Planes without gaps.
		Format string `json:"format"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
		Data   []byte `json:"data"`
	} `json:"$video"`
	Encoded *struct {
		Codec    string `json:"codec"`
		KeyFrame bool   `json:"key_frame"`
		Data     []byte `json:"data"`
	} `json:"$encoded"`
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
	case "$video":
		video := value.Video
		return videoOf(video.Format, video.Width, video.Height, video.Data)
	case "$encoded":
		return remotemedia.Encoded(*value.Encoded), nil
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

func videoOf(format string, width, height int, data []byte) (any, error) {
	for pixels := remotemedia.PixelGray8; pixels <= remotemedia.PixelNV12; pixels++ {
		if pixels.String() == format {
			return remotemedia.Video{Format: pixels, Width: width, Height: height, Data: data}, nil
		}
	}
	return nil, fmt.Errorf("the case has pixels of format %q, which is not known", format)
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

// equal tells whether a value is what was expected, to the bit, however an array's strides and a picture's planes are
// written.
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
	if found, isVideo := found.(remotemedia.Video); isVideo {
		expected, isVideo := expected.(remotemedia.Video)
		found.Planes = nil
		return isVideo && reflect.DeepEqual(found, expected)
	}
	return reflect.DeepEqual(found, expected)
}

// checkReport tells whether a report says, at each place that a case names, what the case says. A place is a JSON
// pointer.
func checkReport(t *testing.T, report any, expected map[string]any) bool {
	t.Helper()
	for place, value := range expected {
		found := report
		for _, name := range strings.Split(place, "/")[1:] {
			found = member(t, found, name)
		}
		if !sameJSON(t, found, value) {
			t.Errorf("%s is %v, expected %v", place, found, value)
			return false
		}
	}
	return true
}

// member gives what a list or an object, written as JSON, has under a name.
func member(t *testing.T, value any, name string) any {
	t.Helper()
	text, err := json.Marshal(value)
	must(t, err)
	if index, err := strconv.Atoi(name); err == nil {
		var items []json.RawMessage
		must(t, json.Unmarshal(text, &items))
		return items[index]
	}
	var members map[string]json.RawMessage
	must(t, json.Unmarshal(text, &members))
	return members[name]
}

// sameJSON tells whether two values are written as the same JSON.
func sameJSON(t *testing.T, values ...any) bool {
	t.Helper()
	read := make([]any, len(values))
	for index, value := range values {
		text, err := json.Marshal(value)
		must(t, err)
		must(t, json.Unmarshal(text, &read[index]))
	}
	return reflect.DeepEqual(read[0], read[1])
}
