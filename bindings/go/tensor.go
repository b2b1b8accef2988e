package remotemedia

// #include "bridge.h"
import "C"

import (
	"bytes"
	"fmt"
	"slices"
)

// DType is the type of an array's elements.
type DType int

// The element types.
const (
	DTypeBool = DType(C.RM_DTYPE_BOOL)
	DTypeI8   = DType(C.RM_DTYPE_I8)
	DTypeI16  = DType(C.RM_DTYPE_I16)
	DTypeI32  = DType(C.RM_DTYPE_I32)
	DTypeI64  = DType(C.RM_DTYPE_I64)
	DTypeU8   = DType(C.RM_DTYPE_U8)
	DTypeU16  = DType(C.RM_DTYPE_U16)
	DTypeU32  = DType(C.RM_DTYPE_U32)
	DTypeU64  = DType(C.RM_DTYPE_U64)
	DTypeF16  = DType(C.RM_DTYPE_F16)
	DTypeF32  = DType(C.RM_DTYPE_F32)
	DTypeF64  = DType(C.RM_DTYPE_F64)
	DTypeC64  = DType(C.RM_DTYPE_C64)
	DTypeC128 = DType(C.RM_DTYPE_C128)
)

// String gives the type's short name, such as "f32".
func (d DType) String() string {
	return nameOf(int(d),
		"bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "f32", "f64", "c64", "c128")
}

func (d DType) bytes() int { return sizeOf(int(d), 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 16) }

// Tensor is an n-dimensional array.
type Tensor struct {
	DType DType
	// Shape is the length of each dimension.
	Shape []int
	// Strides is the distance between neighbours in each dimension, in bytes; nil for row-major elements.
	Strides []int
	// Offset is where the first element begins, in bytes from the start of Data.
	Offset int
	Data   []byte
}

// Element is what elements are in Go.
type Element interface {
	bool | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64 | complex64 | complex128
}

// TensorOf describes row-major elements, without a copy.
func TensorOf[E Element](shape []int, elements []E) Tensor {
	return Tensor{DType: dtypeOf[E](), Shape: shape, Data: asBytes(elements)}
}

// ElementsOf gives the elements of an array that lie row by row without gaps, without a copy. It fails with
// StatusWrongKind if they are of another type, and with StatusInvalidArgument if they lie in another way.
func ElementsOf[E Element](tensor Tensor) ([]E, error) {
	if dtype := dtypeOf[E](); dtype != tensor.DType {
		return nil, &Error{
			Status:  StatusWrongKind,
			Message: fmt.Sprintf("the elements are %v, expected %v", tensor.DType, dtype),
		}
	}
	length := tensor.Len() * tensor.DType.bytes()
	if !tensor.isRowMajor() || tensor.Offset < 0 || length < 0 || tensor.Offset+length > len(tensor.Data) {
		return nil, invalid("the elements do not lie row by row: strides %v of shape %v", tensor.Strides, tensor.Shape)
	}
	return asElements[E](tensor.Data[tensor.Offset : tensor.Offset+length])
}

// Len is the number of elements.
func (t Tensor) Len() int {
	length := 1
	for _, dimension := range t.Shape {
		length *= dimension
	}
	return length
}

// Clone gives a copy with memory of its own.
func (t Tensor) Clone() Tensor {
	t.Shape, t.Strides, t.Data = slices.Clone(t.Shape), slices.Clone(t.Strides), bytes.Clone(t.Data)
	return t
}

// String describes the array in a line.
func (t Tensor) String() string { return fmt.Sprintf("%v array of %v", t.Shape, t.DType) }

func (t Tensor) isRowMajor() bool {
	if t.Strides == nil {
		return true
	}
	if len(t.Strides) != len(t.Shape) {
		return false
	}
	stride := t.DType.bytes()
	for dimension := len(t.Shape) - 1; dimension >= 0; dimension-- {
		if t.Shape[dimension] > 1 && t.Strides[dimension] != stride {
			return false
		}
		stride *= t.Shape[dimension]
	}
	return true
}

func dtypeOf[E Element]() DType {
	var element E
	switch any(element).(type) {
	case bool:
		return DTypeBool
	case int8:
		return DTypeI8
	case int16:
		return DTypeI16
	case int32:
		return DTypeI32
	case int64:
		return DTypeI64
	case uint8:
		return DTypeU8
	case uint16:
		return DTypeU16
	case uint32:
		return DTypeU32
	case uint64:
		return DTypeU64
	case float32:
		return DTypeF32
	case float64:
		return DTypeF64
	case complex64:
		return DTypeC64
	}
	return DTypeC128
}
