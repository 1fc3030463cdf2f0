"""Write 1x1 convolutions of an ONNX network as matrix products before OpenCV loads it.

OpenCV 4's matrix product is half as fast again as its 1x1 convolution, and those are three
quarters of SFace's work: the embedding takes two thirds of the time, with the same numbers to the
sixth decimal. The file on disk stays the published one: its hash is checked before it is rewritten
in memory.

Reads just as much of the protobuf wire format (protobuf.dev, "Encoding") and of ``onnx.proto3`` as
that takes: graph = field 7 of a model; nodes = 1 and initial values = 5 of a graph. Only for files
whose hash was checked: it does not look for faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_GRAPH: Final = 7
_NODE, _VALUE = 1, 5
_INPUT, _OUTPUT, _OPERATION, _ATTRIBUTE = 1, 2, 4, 5
_DIMENSIONS, _KIND, _NAME, _RAW = 1, 2, 8, 9
_INT64: Final = 7
_BYTES: Final = 2
_WEIGHTS: Final = ("_reshaped", "_quantized", "_dequantized")
"""How the quantised file names one weight: as a filter, as stored (two dimensions), as numbers."""


@dataclass(frozen=True, slots=True)
class _Convolution:
    name: str
    source: str
    weights: str
    kernel: int
    stride: int
    padding: int

    def side_after(self, side: int) -> int:
        return (side + 2 * self.padding - self.kernel) // self.stride + 1


def with_matrix_products(model: bytes, side: int) -> bytes:
    """Return the model with each 1x1 convolution as a product of two matrices.

    ``side``: width and height of what the network sees; its nodes stand in order of execution.
    """
    parts = list(_fields(model))
    return b"".join(
        _field(number, _rewritten(value, side)) if number == _GRAPH else raw
        for number, value, raw in parts
    )


def _rewritten(graph: bytes, side: int) -> bytes:
    parts = list(_fields(graph))
    shapes = dict(_named_shape(value) for number, value, _ in parts if number == _VALUE)
    out: list[bytes] = []
    for number, value, raw in parts:
        convolution = _convolution(value) if number == _NODE else None
        if convolution is None:
            out.append(raw)
            continue
        side = convolution.side_after(side)
        out += _product(convolution, shapes, side) if convolution.kernel == 1 else [raw]
    return b"".join(out)


def _product(conv: _Convolution, shapes: dict[str, list[int]], side: int) -> list[bytes]:
    """Return two shapes and three nodes: flatten, multiply, and back to planes."""
    base = conv.weights.removesuffix(_WEIGHTS[0])
    outputs, inputs = shapes[base + _WEIGHTS[1]]
    flat, product = f"{conv.name}_flat", f"{conv.name}_product"
    return [
        _field(_VALUE, _shape(f"{flat}_shape", [inputs, side * side])),
        _field(_VALUE, _shape(f"{product}_shape", [1, outputs, side, side])),
        _field(_NODE, _node("Reshape", [conv.source, f"{flat}_shape"], flat)),
        _field(_NODE, _node("MatMul", [base + _WEIGHTS[2], flat], product)),
        _field(_NODE, _node("Reshape", [product, f"{product}_shape"], conv.name)),
    ]


def _convolution(node: bytes) -> _Convolution | None:
    fields = list(_fields(node))
    operation = next(value for number, value, _ in fields if number == _OPERATION)
    if operation != b"Conv":
        return None
    sources = [value.decode() for number, value, _ in fields if number == _INPUT]
    names = [value.decode() for number, value, _ in fields if number == _OUTPUT]
    attributes = dict(_attribute(value) for number, value, _ in fields if number == _ATTRIBUTE)
    return _Convolution(
        names[0],
        sources[0],
        sources[1],
        attributes["kernel_shape"][0],
        attributes["strides"][0],
        attributes["pads"][0],
    )


def _attribute(data: bytes) -> tuple[str, list[int]]:
    """Return an attribute's name and whole numbers (field 8, packed or one by one)."""
    name, numbers = "", []
    for number, value, _ in _fields(data):
        if number == 1:
            name = value.decode()
        elif number == 8:
            numbers += list(_varints(value))
    return name, numbers


def _named_shape(tensor: bytes) -> tuple[str, list[int]]:
    name, dimensions = "", []
    for number, value, _ in _fields(tensor):
        if number == _NAME:
            name = value.decode()
        elif number == _DIMENSIONS:
            dimensions += list(_varints(value))
    return name, dimensions


def _shape(name: str, values: list[int]) -> bytes:
    raw = b"".join(value.to_bytes(8, "little") for value in values)
    return (
        _field(_DIMENSIONS, _varint(len(values)))
        + _varint(_KIND << 3)
        + _varint(_INT64)
        + _field(_NAME, name.encode())
        + _field(_RAW, raw)
    )


def _node(operation: str, sources: list[str], name: str) -> bytes:
    inputs = b"".join(_field(_INPUT, source.encode()) for source in sources)
    return inputs + _field(_OUTPUT, name.encode()) + _field(_OPERATION, operation.encode())


def _fields(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each field's number, its content (a number: as varint bytes) and all its bytes."""
    at = 0
    while at < len(data):
        begin = at
        key, at = _read(data, at)
        if key & 7 == _BYTES:
            length, at = _read(data, at)
            end = at + length
        else:
            end = {0: _read(data, at)[1], 1: at + 8, 5: at + 4}[key & 7]
        if end > len(data):
            raise ValueError("cut short")
        yield key >> 3, data[at:end], data[begin:end]
        at = end


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _read(data, at)
        yield value


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])
