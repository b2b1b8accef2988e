package remotemedia

// #include "bridge.h"
import "C"

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unsafe"
)

// The methods whose names end in View lend memory of the packet without a copy. It must not be written, and is gone
// when the packet is closed or no longer reachable: keep the packet beside the view, and close it when both are done
// with (defer p.Close() does so). The others copy.

// Bool gives the truth value. As all methods that give a value, it fails with StatusWrongKind if the packet carries
// something else.
func (p *Packet) Bool() (bool, error) {
	var value C.bool
	err := p.read(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_bool(packet, &value, failed)
	})
	return bool(value), err
}

// Int gives the whole number.
func (p *Packet) Int() (int64, error) {
	var value C.int64_t
	err := p.read(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_int(packet, &value, failed)
	})
	return int64(value), err
}

// Float gives the number, whole or not, as a floating-point one.
func (p *Packet) Float() (float64, error) {
	var value C.double
	err := p.read(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_float(packet, &value, failed)
	})
	return float64(value), err
}

// Text gives a copy of the text.
func (p *Packet) Text() (string, error) {
	pointer, err := p.use()
	if err != nil {
		return "", err
	}
	defer p.leave()
	return textOf(pointer)
}

// JSON reads the value, as JSON, into what into points to.
func (p *Packet) JSON(into any) error {
	pointer, err := p.use()
	if err != nil {
		return err
	}
	defer p.leave()
	text, err := madeText(C.rmgo_packet_json(pointer))
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}

// Bytes gives a copy of the bytes.
func (p *Packet) Bytes() ([]byte, error) { return copying(p, p.BytesView, bytes.Clone) }

// BytesView lends the bytes, which must not be written, until the packet is closed or no longer reachable.
func (p *Packet) BytesView() ([]byte, error) {
	var lent C.rm_bytes_t
	err := p.read(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_bytes(packet, &lent, failed)
	})
	return view(lent), err
}

// Audio gives a copy of the block of audio.
func (p *Packet) Audio() (Audio, error) { return copying(p, p.AudioView, Audio.Clone) }

// AudioView lends the block of audio, as BytesView lends bytes.
func (p *Packet) AudioView() (Audio, error) {
	lent := C.rm_audio_t{struct_size: C.sizeof_rm_audio_t}
	err := p.read(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_audio(packet, &lent, failed)
	})
	return Audio{
		Rate:     int(lent.rate),
		Channels: int(lent.channels),
		Format:   SampleFormat(lent.format),
		Layout:   Layout(lent.layout),
		Data:     view(lent.data),
	}, err
}

// Video gives a copy of the picture.
func (p *Packet) Video() (Video, error) { return copying(p, p.VideoView, Video.Clone) }

// VideoView lends the picture, as BytesView lends bytes.
func (p *Packet) VideoView() (Video, error) {
	lent := C.rm_video_t{struct_size: C.sizeof_rm_video_t}
	err := p.read(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_video(packet, &lent, failed)
	})
	video := Video{
		Format: PixelFormat(lent.format),
		Width:  int(lent.width),
		Height: int(lent.height),
		Data:   view(lent.data),
	}
	for plane := range int(lent.planes) {
		video.Planes = append(video.Planes, Plane{int(lent.offsets[plane]), int(lent.strides[plane])})
	}
	return video, err
}

// Tensor gives a copy of the array.
func (p *Packet) Tensor() (Tensor, error) { return copying(p, p.TensorView, Tensor.Clone) }

// TensorView lends the array, as BytesView lends bytes. Its shape and strides are copies.
func (p *Packet) TensorView() (Tensor, error) {
	var tensor Tensor
	err := p.read(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		lent := C.rm_tensor_t{struct_size: C.sizeof_rm_tensor_t}
		status := C.rm_packet_tensor(packet, &lent, failed)
		tensor = Tensor{DType: DType(lent.dtype), Offset: int(lent.offset), Data: view(lent.data)}
		for _, length := range unsafe.Slice(lent.shape, lent.dimensions) {
			tensor.Shape = append(tensor.Shape, int(length))
		}
		for _, stride := range unsafe.Slice(lent.strides, lent.dimensions) {
			tensor.Strides = append(tensor.Strides, int(stride))
		}
		return status
	})
	return tensor, err
}

// Encoded gives a copy of the compressed unit.
func (p *Packet) Encoded() (Encoded, error) { return copying(p, p.EncodedView, Encoded.Clone) }

// EncodedView lends the compressed unit, as BytesView lends bytes. The codec's name is a copy.
func (p *Packet) EncodedView() (Encoded, error) {
	var unit Encoded
	err := p.read(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		lent := C.rm_encoded_t{struct_size: C.sizeof_rm_encoded_t}
		status := C.rm_packet_encoded(packet, &lent, failed)
		unit = Encoded{Codec: copied(lent.codec), KeyFrame: lent.key_frame != 0, Data: view(lent.data)}
		return status
	})
	return unit, err
}

// Value gives what the packet carries as a Go value: nil, bool, int64, float64, string, []byte, Audio, Video, Tensor
// or Encoded, or for JSON what encoding/json makes of it, but with whole numbers as int64, or uint64 beyond. Memory is
// copied.
func (p *Packet) Value() (any, error) {
	switch p.Kind() {
	case KindNull:
		return nil, nil
	case KindBool:
		return p.Bool()
	case KindInt:
		return p.Int()
	case KindFloat:
		return p.Float()
	case KindText:
		return p.Text()
	case KindBytes:
		return p.Bytes()
	case KindAudio:
		return p.Audio()
	case KindVideo:
		return p.Video()
	case KindTensor:
		return p.Tensor()
	case KindEncoded:
		return p.Encoded()
	}
	var text json.RawMessage
	if err := p.JSON(&text); err != nil {
		return nil, err
	}
	return plain(text)
}

// plain reads JSON with whole numbers as such, as far as they fit.
func plain(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return numbered(value), nil
}

func numbered(value any) any {
	switch value := value.(type) {
	case json.Number:
		return number(value)
	case []any:
		for index, item := range value {
			value[index] = numbered(item)
		}
	case map[string]any:
		for key, item := range value {
			value[key] = numbered(item)
		}
	}
	return value
}

func number(text json.Number) any {
	if whole, err := strconv.ParseInt(text.String(), 10, 64); err == nil {
		return whole
	}
	if whole, err := strconv.ParseUint(text.String(), 10, 64); err == nil {
		return whole
	}
	// It cannot fail: the library wrote the number, and what is out of range is infinite.
	value, _ := text.Float64()
	return value
}

// read makes a call that reads the packet.
func (p *Packet) read(call func(*C.rm_packet_t, **C.rm_error_t) C.rm_status_t) error {
	pointer, err := p.use()
	if err != nil {
		return err
	}
	defer p.leave()
	var failed *C.rm_error_t
	return failure(call(pointer, &failed), failed)
}

// copying takes a copy of a view, which a Close from elsewhere cannot end meanwhile.
func copying[T any](p *Packet, view func() (T, error), clone func(T) T) (T, error) {
	if _, err := p.use(); err != nil {
		var none T
		return none, err
	}
	defer p.leave()
	lent, err := view()
	if err != nil {
		return lent, err
	}
	return clone(lent), nil
}

func view(lent C.rm_bytes_t) []byte { return unsafe.Slice((*byte)(lent.data), lent.len) }

// textOf copies the text of a packet of text.
func textOf(packet *C.rm_packet_t) (string, error) {
	var lent C.rm_str_t
	var failed *C.rm_error_t
	status := C.rm_packet_text(packet, &lent, &failed)
	if err := failure(status, failed); err != nil {
		return "", err
	}
	return copied(lent), nil
}

// madeText takes the text of a packet that was made to carry it, which it releases.
func madeText(made C.rmgo_made_t) (string, error) {
	if err := failure(made.status, made.error); err != nil {
		return "", err
	}
	packet := (*C.rm_packet_t)(made.object)
	defer C.rm_packet_release(packet)
	return textOf(packet)
}
