package remotemedia

// #include "bridge.h"
import "C"

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"time"
)

// Packet is a value with its time and metadata. It does not change, and may be used from several goroutines at once
// and pushed any number of times.
//
// Close a packet when it is not needed any more. One that is forgotten is given back by the garbage collector, which
// knows its size only while its memory is Go's.
//
// Constructors give no error: a packet that could not be made, such as one of text that is not UTF-8, says so by Err,
// and so does every call that is to use it.
type Packet struct {
	object[*C.rm_packet_t]
	err error
}

// Kind tells what a packet carries.
type Kind int

// What packets carry.
const (
	KindNull    = Kind(C.RM_PACKET_NULL)
	KindBool    = Kind(C.RM_PACKET_BOOL)
	KindInt     = Kind(C.RM_PACKET_INT)
	KindFloat   = Kind(C.RM_PACKET_FLOAT)
	KindText    = Kind(C.RM_PACKET_TEXT)
	KindJSON    = Kind(C.RM_PACKET_JSON)
	KindBytes   = Kind(C.RM_PACKET_BYTES)
	KindAudio   = Kind(C.RM_PACKET_AUDIO)
	KindVideo   = Kind(C.RM_PACKET_VIDEO)
	KindTensor  = Kind(C.RM_PACKET_TENSOR)
	KindEncoded = Kind(C.RM_PACKET_ENCODED)
	// KindOther is a value of another language, or nothing.
	KindOther = Kind(C.RM_PACKET_OTHER)
)

var kindNames = map[Kind]string{
	KindNull: "null", KindBool: "bool", KindInt: "int", KindFloat: "float", KindText: "text", KindJSON: "json",
	KindBytes: "bytes", KindAudio: "audio", KindVideo: "video", KindTensor: "tensor", KindEncoded: "encoded",
	KindOther: "other",
}

// String gives the kind in lower case.
func (k Kind) String() string { return kindNames[k] }

// PacketOption sets the time or metadata of a packet that is being made.
type PacketOption struct{ apply func(*C.rm_packet_t) error }

// WithPTS sets when the value is to be presented, on the stream's own clock, which begins at 0.
func WithPTS(pts time.Duration) PacketOption {
	return timeOption("pts", pts, func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_set_pts(packet, C.uint64_t(pts), failed)
	})
}

// WithDuration sets how long the value lasts.
func WithDuration(duration time.Duration) PacketOption {
	return timeOption("duration", duration, func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_set_duration(packet, C.uint64_t(duration), failed)
	})
}

// WithSeq sets the number of the item in its stream. The session counts from 1 where it is not set.
func WithSeq(seq uint64) PacketOption {
	return option(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_set_seq(packet, C.uint64_t(seq), failed)
	})
}

// WithStream sets which of several streams that share an edge the packet belongs to.
func WithStream(stream uint32) PacketOption {
	return option(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_set_stream(packet, C.uint32_t(stream), failed)
	})
}

// WithUninterruptible lets the packet, and what is made of it, survive an interrupt.
func WithUninterruptible() PacketOption {
	return option(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_set_uninterruptible(packet, true, failed)
	})
}

// WithAttributes sets the metadata, which JSON has to be able to write.
func WithAttributes(attributes map[string]any) PacketOption {
	text, err := json.Marshal(attributes)
	if err != nil {
		return refused(invalid("the attributes cannot be written as JSON: %v", err))
	}
	return option(func(packet *C.rm_packet_t, failed **C.rm_error_t) C.rm_status_t {
		return C.rm_packet_set_attributes(packet, lend(string(text)), failed)
	})
}

func option(set func(*C.rm_packet_t, **C.rm_error_t) C.rm_status_t) PacketOption {
	return PacketOption{func(packet *C.rm_packet_t) error {
		var failed *C.rm_error_t
		return failure(set(packet, &failed), failed)
	}}
}

func timeOption(
	name string, value time.Duration, set func(*C.rm_packet_t, **C.rm_error_t) C.rm_status_t,
) PacketOption {
	if value < 0 {
		return refused(invalid("%s is %v, expected 0 or more", name, value))
	}
	return option(set)
}

func refused(err error) PacketOption {
	return PacketOption{func(*C.rm_packet_t) error { return err }}
}

// Null makes a packet without a value.
func Null(options ...PacketOption) *Packet { return newPacket(C.rmgo_packet_new_null(), options) }

// Bool makes a packet with a truth value.
func Bool(value bool, options ...PacketOption) *Packet {
	return newPacket(C.rmgo_packet_new_bool(C.bool(value)), options)
}

// Int makes a packet with a whole number.
func Int(value int64, options ...PacketOption) *Packet {
	return newPacket(C.rmgo_packet_new_int(C.int64_t(value)), options)
}

// Float makes a packet with a floating-point number.
func Float(value float64, options ...PacketOption) *Packet {
	return newPacket(C.rmgo_packet_new_float(C.double(value)), options)
}

// Text makes a packet with a copy of a text, which must be UTF-8.
func Text(value string, options ...PacketOption) *Packet {
	data, length := chars(value)
	return newPacket(C.rmgo_packet_new_text(data, length), options)
}

// JSON makes a packet of what encoding/json writes for value: a list, an object, or a plain value.
func JSON(value any, options ...PacketOption) *Packet {
	text, err := json.Marshal(value)
	if err != nil {
		return &Packet{err: invalid("the value cannot be written as JSON: %v", err)}
	}
	data, length := chars(string(text))
	return newPacket(C.rmgo_packet_new_json(data, length), options)
}

// Bytes makes a packet with a copy of bytes. WrapBytes does without the copy.
func Bytes(value []byte, options ...PacketOption) *Packet {
	data, length := first(value)
	return newPacket(C.rmgo_packet_new_bytes(data, length), options)
}

// From makes a packet of a Go value: nil, truth values, numbers and strings as what they are, []byte as Bytes, media
// as the Wrap functions do, anything else as JSON.
func From(value any, options ...PacketOption) *Packet {
	switch value := value.(type) {
	case nil:
		return Null(options...)
	case bool:
		return Bool(value, options...)
	case int:
		return Int(int64(value), options...)
	case int32:
		return Int(int64(value), options...)
	case int64:
		return Int(value, options...)
	case float32:
		return Float(float64(value), options...)
	case float64:
		return Float(value, options...)
	case string:
		return Text(value, options...)
	case []byte:
		return Bytes(value, options...)
	case Audio:
		return WrapAudio(value, options...)
	case Video:
		return WrapVideo(value, options...)
	case Tensor:
		return WrapTensor(value, options...)
	case Encoded:
		return WrapEncoded(value, options...)
	}
	return JSON(value, options...)
}

func newPacket(made C.rmgo_made_t, options []PacketOption) *Packet {
	if err := failure(made.status, made.error); err != nil {
		return &Packet{err: err}
	}
	p := holdPacket((*C.rm_packet_t)(made.object))
	for _, option := range options {
		if err := option.apply(p.pointer); err != nil {
			p.Close()
			return &Packet{err: err}
		}
	}
	return p
}

// holdPacket takes a reference over, for whoever gets the packet.
func holdPacket(pointer *C.rm_packet_t) *Packet {
	p := lendPacket(pointer)
	p.cleanup = runtime.AddCleanup(p, releasePacket, pointer)
	return p
}

// lendPacket takes a reference over that is closed for sure, by whoever lends the packet.
func lendPacket(pointer *C.rm_packet_t) *Packet {
	p := new(Packet)
	p.open(pointer, releasePacket)
	return p
}

func releasePacket(pointer *C.rm_packet_t) { C.rm_packet_release(pointer) }

// Err says why the packet could not be made, or that it is closed; nil for a packet that can be used.
func (p *Packet) Err() error {
	_, err := p.use()
	if err == nil {
		p.leave()
	}
	return err
}

// Close gives the packet back, and its memory once no node uses it. What views of it show is gone then. Closing twice
// is no error.
func (p *Packet) Close() error {
	p.close()
	return nil
}

// Retain gives one more packet of the same content, which is closed by itself. It is for packets that are lent to a
// node.
func (p *Packet) Retain() *Packet {
	pointer, err := p.use()
	if err != nil {
		return &Packet{err: err}
	}
	defer p.leave()
	return holdPacket(C.rm_packet_retain(pointer))
}

// use begins a call on the packet; without an error, whoever began it leaves.
func (p *Packet) use() (*C.rm_packet_t, error) {
	if p == nil {
		return nil, invalid("the packet is nil")
	}
	if p.err != nil {
		return nil, p.err
	}
	pointer, isOpen := p.enter()
	if !isOpen {
		return nil, closed("packet")
	}
	return pointer, nil
}

// PTS is when the value is to be presented, on the stream's own clock, if that is known.
func (p *Packet) PTS() (pts time.Duration, isKnown bool) {
	nanoseconds, isKnown := p.number(func(packet *C.rm_packet_t, out *C.uint64_t) C.bool {
		return C.rm_packet_pts(packet, out)
	})
	return time.Duration(min(nanoseconds, math.MaxInt64)), isKnown
}

// Duration is how long the value lasts, if that is known.
func (p *Packet) Duration() (duration time.Duration, isKnown bool) {
	nanoseconds, isKnown := p.number(func(packet *C.rm_packet_t, out *C.uint64_t) C.bool {
		return C.rm_packet_duration(packet, out)
	})
	return time.Duration(min(nanoseconds, math.MaxInt64)), isKnown
}

// Seq is the number of the item in its stream, if it has one.
func (p *Packet) Seq() (seq uint64, isKnown bool) {
	return p.number(func(packet *C.rm_packet_t, out *C.uint64_t) C.bool { return C.rm_packet_seq(packet, out) })
}

func (p *Packet) number(read func(*C.rm_packet_t, *C.uint64_t) C.bool) (uint64, bool) {
	pointer, err := p.use()
	if err != nil {
		return 0, false
	}
	defer p.leave()
	var number C.uint64_t
	isKnown := read(pointer, &number)
	return uint64(number), bool(isKnown)
}

// Stream tells which of several streams that share an edge the packet belongs to.
func (p *Packet) Stream() uint32 {
	pointer, err := p.use()
	if err != nil {
		return 0
	}
	defer p.leave()
	return uint32(C.rm_packet_stream(pointer))
}

// Port is the session's output that the packet came out of, or empty.
func (p *Packet) Port() string {
	pointer, err := p.use()
	if err != nil {
		return ""
	}
	defer p.leave()
	return copied(C.rm_packet_port(pointer))
}

// Attributes gives the metadata.
func (p *Packet) Attributes() (map[string]any, error) {
	pointer, err := p.use()
	if err != nil {
		return nil, err
	}
	defer p.leave()
	text, err := madeText(C.rmgo_packet_attributes(pointer))
	if err != nil {
		return nil, err
	}
	var attributes map[string]any
	return attributes, json.Unmarshal([]byte(text), &attributes)
}

// Kind tells what the packet carries; KindOther for a packet that cannot be used.
func (p *Packet) Kind() Kind {
	pointer, err := p.use()
	if err != nil {
		return KindOther
	}
	defer p.leave()
	return Kind(C.rm_packet_kind(pointer))
}

// String describes the packet in a line: its value if that is short, or its kind and shape.
func (p *Packet) String() string {
	if p == nil {
		return "<no packet>"
	}
	value, err := p.Value()
	if err != nil {
		return fmt.Sprintf("<%v>", err)
	}
	switch value := value.(type) {
	case nil:
		return "null"
	case []byte:
		return fmt.Sprintf("<%d bytes>", len(value))
	case Audio, Video, Tensor, Encoded:
		return fmt.Sprintf("<%v>", value)
	}
	return fmt.Sprint(value)
}
