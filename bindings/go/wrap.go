package remotemedia

// #include "bridge.h"
import "C"

import (
	"math"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// The Wrap functions make packets around Go memory, whatever its size, without a copy. The memory is pinned where it
// is and must not change until the last node, queue and packet lets go of it, which Go code does not hear of: fill a
// fresh slice for the next packet.

// WrapBytes makes a packet around bytes.
func WrapBytes(data []byte, options ...PacketOption) *Packet {
	start, length := first(data)
	return newPacket(C.rmgo_packet_wrap_bytes(start, length, pin(data)), options)
}

// WrapAudio makes a packet around a block of audio.
func WrapAudio(audio Audio, options ...PacketOption) *Packet {
	if err := unsigned("rate and channels", audio.Rate, audio.Channels); err != nil {
		return &Packet{err: err}
	}
	start, length := first(audio.Data)
	described := C.rm_audio_t{
		rate:     C.uint32_t(audio.Rate),
		channels: C.uint32_t(audio.Channels),
		format:   C.int32_t(audio.Format),
		layout:   C.int32_t(audio.Layout),
	}
	return newPacket(C.rmgo_packet_wrap_audio(described, start, length, pin(audio.Data)), options)
}

// WrapVideo makes a packet around a picture.
func WrapVideo(video Video, options ...PacketOption) *Packet {
	if err := unsigned("width and height", video.Width, video.Height); err != nil {
		return &Packet{err: err}
	}
	start, length := first(video.Data)
	described := C.rm_video_t{
		format: C.int32_t(video.Format),
		width:  C.uint32_t(video.Width),
		height: C.uint32_t(video.Height),
		planes: C.uint32_t(len(video.Planes)),
	}
	if len(video.Planes) > len(described.offsets) {
		return &Packet{err: invalid("the picture has %d planes, expected at most 3", len(video.Planes))}
	}
	for index, plane := range video.Planes {
		described.offsets[index], described.strides[index] = C.size_t(plane.Offset), C.size_t(plane.Stride)
	}
	return newPacket(C.rmgo_packet_wrap_video(described, start, length, pin(video.Data)), options)
}

// WrapTensor makes a packet around an array; shape and strides are copied.
func WrapTensor(tensor Tensor, options ...PacketOption) *Packet {
	if err := unsigned("shape", tensor.Shape...); err != nil {
		return &Packet{err: err}
	}
	if tensor.Strides != nil && len(tensor.Strides) != len(tensor.Shape) {
		return &Packet{err: invalid("the strides are %v, expected one for each of %v", tensor.Strides, tensor.Shape)}
	}
	start, length := first(tensor.Data)
	shape := make([]C.size_t, len(tensor.Shape))
	for index, length := range tensor.Shape {
		shape[index] = C.size_t(length)
	}
	var strides []C.ptrdiff_t
	for _, stride := range tensor.Strides {
		strides = append(strides, C.ptrdiff_t(stride))
	}
	described := C.rm_tensor_t{
		dtype:      C.int32_t(tensor.DType),
		dimensions: C.size_t(len(shape)),
		offset:     C.size_t(tensor.Offset),
	}
	return newPacket(C.rmgo_packet_wrap_tensor(described, unsafe.SliceData(shape), unsafe.SliceData(strides),
		start, length, pin(tensor.Data)), options)
}

// WrapEncoded makes a packet around a compressed unit; the codec's name is copied.
func WrapEncoded(unit Encoded, options ...PacketOption) *Packet {
	start, length := first(unit.Data)
	codec, codecLength := chars(unit.Codec)
	made := C.rmgo_packet_wrap_encoded(C.bool(unit.KeyFrame), codec, codecLength, start, length, pin(unit.Data))
	return newPacket(made, options)
}

// unsigned refuses numbers that the library's 32 bits cannot hold.
func unsigned(what string, numbers ...int) error {
	for _, number := range numbers {
		if number < 0 || uint64(number) > math.MaxUint32 {
			return invalid("%s are %v, expected 0 to %d", what, numbers, uint32(math.MaxUint32))
		}
	}
	return nil
}

// pin keeps data where it is until the library lets go of what it gives, which it does exactly once, even for a
// packet that could not be made.
func pin(data []byte) C.uintptr_t {
	pinner := new(runtime.Pinner)
	if len(data) > 0 {
		pinner.Pin(&data[0])
	}
	return C.uintptr_t(cgo.NewHandle(pinner))
}

//export rmgoUnpin
func rmgoUnpin(handle C.uintptr_t) {
	owner := cgo.Handle(handle)
	owner.Value().(*runtime.Pinner).Unpin()
	owner.Delete()
}
