"""A GGUF file of some kilobytes, written here: a llama of one layer whose words are noise. SIMULATED."""

import random
import struct
from pathlib import Path
from typing import Any

WIDTH, HEADS, LAYERS, FEED = 32, 2, 1, 64
WORDS = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "▁a", "▁the", "hello", "▁world"]
_STRING, _ARRAY, _UINT32, _INT32, _FLOAT32 = 8, 9, 4, 5, 6
_ALIGNMENT = 32


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _text(value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    kind = {str: _STRING, float: _FLOAT32, int: _INT32}[type(value[0])]
    form = "<f" if kind == _FLOAT32 else "<i"
    items = b"".join(_text(one) if kind == _STRING else struct.pack(form, one) for one in value)
    return struct.pack("<IIQ", _ARRAY, kind, len(value)) + items


def _tensors() -> dict[str, tuple[int, ...]]:
    """Shapes, the fastest dimension first."""
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (WIDTH, len(WORDS)),
        "output_norm.weight": (WIDTH,),
        "output.weight": (WIDTH, len(WORDS)),
    }
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"blk.{layer}.{name}.weight"] = (WIDTH, WIDTH)
        shapes[f"blk.{layer}.attn_norm.weight"] = (WIDTH,)
        shapes[f"blk.{layer}.ffn_norm.weight"] = (WIDTH,)
        shapes[f"blk.{layer}.ffn_gate.weight"] = (WIDTH, FEED)
        shapes[f"blk.{layer}.ffn_up.weight"] = (WIDTH, FEED)
        shapes[f"blk.{layer}.ffn_down.weight"] = (FEED, WIDTH)
    return shapes


def write(path: Path, seed: int = 1) -> Path:
    noise = random.Random(seed)
    facts: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": "noise",
        "llama.context_length": 512,
        "llama.embedding_length": WIDTH,
        "llama.block_count": LAYERS,
        "llama.feed_forward_length": FEED,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "llama.vocab_size": len(WORDS),
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": WORDS,
        "tokenizer.ggml.scores": [float(-index) for index in range(len(WORDS))],
        "tokenizer.ggml.token_type": [2, 3, 3, *([6] * 256), *([1] * (len(WORDS) - 259))],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
    }
    head = b"".join(_text(key) + _value(value) for key, value in facts.items())
    infos, body = b"", b""
    for name, shape in _tensors().items():
        size = 1
        for dimension in shape:
            size *= dimension
        ones = "norm" in name
        data = struct.pack(f"<{size}f", *(1.0 if ones else noise.gauss(0, 0.4) for _ in range(size)))
        infos += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(body))
        body += data + b"\0" * (-len(data) % _ALIGNMENT)
    start = b"GGUF" + struct.pack("<IQQ", 3, len(_tensors()), len(facts)) + head + infos
    path.write_bytes(start + b"\0" * (-len(start) % _ALIGNMENT) + body)
    return path
