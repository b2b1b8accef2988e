package remotemedia

// #include "bridge.h"
import "C"

import (
	"bytes"
	"fmt"
	"slices"
	"unsafe"
)

// SampleFormat is the type of one audio sample.
type SampleFormat int

// The sample formats. Floating-point samples have their full scale at ±1.
const (
	SampleU8  = SampleFormat(C.RM_SAMPLE_U8)
	SampleS16 = SampleFormat(C.RM_SAMPLE_S16)
	SampleS32 = SampleFormat(C.RM_SAMPLE_S32)
	SampleF32 = SampleFormat(C.RM_SAMPLE_F32)
	SampleF64 = SampleFormat(C.RM_SAMPLE_F64)
)

// String gives the format's short name, such as "f32".
func (f SampleFormat) String() string { return nameOf(int(f), "u8", "s16", "s32", "f32", "f64") }

func (f SampleFormat) bytes() int { return sizeOf(int(f), 1, 2, 4, 4, 8) }

// Layout is how the channels of audio lie in memory.
type Layout int

// The layouts: one frame after the other, or one channel after the other.
const (
	Interleaved = Layout(C.RM_LAYOUT_INTERLEAVED)
	Planar      = Layout(C.RM_LAYOUT_PLANAR)
)

// Audio is a block of audio.
type Audio struct {
	// Rate is the number of frames per second.
	Rate     int
	Channels int
	Format   SampleFormat
	Layout   Layout
	// Data is the samples, a whole number of frames.
	Data []byte
}

// Sample is what samples are in Go.
type Sample interface {
	uint8 | int16 | int32 | float32 | float64
}

// AudioOf describes interleaved samples, without a copy.
func AudioOf[S Sample](rate, channels int, samples []S) Audio {
	return Audio{Rate: rate, Channels: channels, Format: formatOf[S](), Data: asBytes(samples)}
}

// SamplesOf gives the samples of a block of audio, as they lie in memory, without a copy. It fails with
// StatusWrongKind if they are of another type.
func SamplesOf[S Sample](audio Audio) ([]S, error) {
	if format := formatOf[S](); format != audio.Format {
		return nil, &Error{
			Status:  StatusWrongKind,
			Message: fmt.Sprintf("the samples are %v, expected %v", audio.Format, format),
		}
	}
	return asElements[S](audio.Data)
}

// Frames is the number of frames: samples per channel.
func (a Audio) Frames() int {
	frame := a.Channels * a.Format.bytes()
	if frame == 0 {
		return 0
	}
	return len(a.Data) / frame
}

// Clone gives a copy with memory of its own.
func (a Audio) Clone() Audio {
	a.Data = bytes.Clone(a.Data)
	return a
}

// String describes the block in a line.
func (a Audio) String() string {
	return fmt.Sprintf("%d frames of %v at %d Hz, %d channels", a.Frames(), a.Format, a.Rate, a.Channels)
}

func formatOf[S Sample]() SampleFormat {
	switch any(S(0)).(type) {
	case uint8:
		return SampleU8
	case int16:
		return SampleS16
	case int32:
		return SampleS32
	case float32:
		return SampleF32
	}
	return SampleF64
}

// PixelFormat is how the pixels of a picture lie in memory.
type PixelFormat int

// The pixel formats.
const (
	PixelGray8  = PixelFormat(C.RM_PIXEL_GRAY8)
	PixelRGB24  = PixelFormat(C.RM_PIXEL_RGB24)
	PixelRGBA32 = PixelFormat(C.RM_PIXEL_RGBA32)
	PixelBGRA32 = PixelFormat(C.RM_PIXEL_BGRA32)
	PixelI420   = PixelFormat(C.RM_PIXEL_I420)
	PixelNV12   = PixelFormat(C.RM_PIXEL_NV12)
)

// String gives the format's short name, such as "rgb24".
func (f PixelFormat) String() string {
	return nameOf(int(f), "gray8", "rgb24", "rgba32", "bgra32", "i420", "nv12")
}

// Video is a picture.
type Video struct {
	Format        PixelFormat
	Width, Height int
	// Planes tells where the planes lie in Data; nil for planes that follow each other without gaps.
	Planes []Plane
	Data   []byte
}

// Plane is where one plane of a picture lies, in bytes.
type Plane struct {
	// Offset is where it begins.
	Offset int
	// Stride leads from one row to the next.
	Stride int
}

// Clone gives a copy with memory of its own.
func (v Video) Clone() Video {
	v.Planes, v.Data = slices.Clone(v.Planes), bytes.Clone(v.Data)
	return v
}

// String describes the picture in a line.
func (v Video) String() string { return fmt.Sprintf("%dx%d pixels of %v", v.Width, v.Height, v.Format) }

// Encoded is a unit of a compressed stream.
type Encoded struct {
	// Codec is the codec's short name in lower case, such as "opus".
	Codec string
	// KeyFrame tells whether decoding can begin here.
	KeyFrame bool
	Data     []byte
}

// Clone gives a copy with memory of its own.
func (e Encoded) Clone() Encoded {
	e.Data = bytes.Clone(e.Data)
	return e
}

// String describes the unit in a line.
func (e Encoded) String() string { return fmt.Sprintf("%d bytes of %s", len(e.Data), e.Codec) }

func nameOf(number int, names ...string) string {
	if number < 0 || number >= len(names) {
		return fmt.Sprintf("unknown (%d)", number)
	}
	return names[number]
}

func sizeOf(number int, sizes ...int) int {
	if number < 0 || number >= len(sizes) {
		return 0
	}
	return sizes[number]
}

// first lends the bytes to C for the length of a call.
func first(data []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data))
}

func asBytes[E any](elements []E) []byte {
	var element E
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(elements))), len(elements)*int(unsafe.Sizeof(element)))
}

// asElements reads bytes as what lies in them, if they are aligned and of the right length.
func asElements[E any](data []byte) ([]E, error) {
	var element E
	size, start := int(unsafe.Sizeof(element)), unsafe.Pointer(unsafe.SliceData(data))
	if len(data)%size != 0 || uintptr(start)%unsafe.Alignof(element) != 0 {
		return nil, invalid("the data is %d bytes at %p, expected aligned elements of %d bytes", len(data), start, size)
	}
	return unsafe.Slice((*E)(start), len(data)/size), nil
}
