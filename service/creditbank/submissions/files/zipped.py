"""The parts of a zip file, unpacked as a stream and never trusted: each is what its directory says, or refused."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

from creditbank.submissions.files.refusals import MIB, Limits, WorkbookBroken, WorkbookUnpacksTooLarge

DIRECTORY = 4 * MIB
"""The directory of a workbook has a few dozen entries; reading a hostile one must not fill the memory."""
LOCAL_HEADER = 30
CHUNK = 1 << 16
ENCRYPTED = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One entry: where its bytes begin, and what they should unpack to."""

    name: str
    offset: int
    method: int
    packed: int
    unpacked: int
    checksum: int


class _Sparing:
    """A file that nobody may read in large pieces, for a library that believes what the file says of itself."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.seek = file.seek
        self.tell = file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self.file.read(DIRECTORY + 1 if size < 0 else min(size, DIRECTORY + 1))
        if len(found) > DIRECTORY:
            raise WorkbookBroken(why_zh="压缩目录过大", why_en="its zip directory is too large")
        return found


def parts_of(file: IO[bytes]) -> dict[str, Part]:
    """Every part by its name in small letters with plain slashes; two of one name or one place are refused."""
    try:
        with zipfile.ZipFile(_Sparing(file)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, OSError, OverflowError, ValueError, struct.error) as error:
        raise WorkbookBroken(why_zh="无法读取压缩目录", why_en="its zip directory cannot be read") from error
    parts: dict[str, Part] = {}
    for entry in entries:
        name = entry.filename.replace("\\", "/").lstrip("/").lower()
        if name in parts:
            raise WorkbookBroken(why_zh="有两个同名的部分", why_en="two of its parts have the same name")
        if entry.flag_bits & ENCRYPTED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise WorkbookBroken(why_zh="使用了特殊的压缩或加密", why_en="it is packed or encrypted in an unusual way")
        parts[name] = Part(
            name, entry.header_offset, entry.compress_type, entry.compress_size, entry.file_size, entry.CRC
        )
    ordered = sorted(parts.values(), key=lambda part: part.offset)
    for part, following in pairwise(ordered):
        if part.offset + LOCAL_HEADER + part.packed > following.offset:
            raise WorkbookBroken(why_zh="各部分互相重叠", why_en="its parts overlap")
    return parts


def refuse_what_unpacks_too_large(parts: dict[str, Part], limits: Limits) -> None:
    """By what the directory says; `unpacked` holds each part to it."""
    if sum(part.unpacked for part in parts.values()) > limits.unzipped:
        raise WorkbookUnpacksTooLarge(limit_mib=limits.unzipped // MIB)


def unpacked(file: IO[bytes], part: Part) -> Iterator[bytes]:
    """The bytes of a part in pieces, as many as the directory says and with its checksum, or the file is refused."""
    made = checksum = 0
    for piece in _pieces(file, part):
        made += len(piece)
        if made > part.unpacked:
            raise _lies()
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if made != part.unpacked or checksum != part.checksum:
        raise _lies()


def _pieces(file: IO[bytes], part: Part) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if part.method == zipfile.ZIP_DEFLATED else None
    for packed in _packed(file, part):
        if inflate is None:
            yield packed
            continue
        waiting = packed
        while True:
            try:
                piece = inflate.decompress(waiting, CHUNK)
            except zlib.error as error:
                raise _lies() from error
            if piece:
                yield piece
            waiting = inflate.unconsumed_tail
            if not waiting and len(piece) < CHUNK:
                break
    if inflate is not None and (not inflate.eof or inflate.unused_data):
        raise _lies()


def _packed(file: IO[bytes], part: Part) -> Iterator[bytes]:
    file.seek(part.offset)
    header = file.read(LOCAL_HEADER)
    if len(header) < LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise _lies()
    name, extra = struct.unpack("<HH", header[26:])
    position = part.offset + LOCAL_HEADER + name + extra
    end = position + part.packed
    while position < end:
        # Whoever reads another part in between moves the file, so each reading begins with its own place.
        file.seek(position)
        packed = file.read(min(CHUNK, end - position))
        if not packed:
            raise _lies()
        position += len(packed)
        yield packed


def _lies() -> WorkbookBroken:
    return WorkbookBroken(
        why_zh="有一部分的内容与压缩目录所载不符", why_en="a part is not what its zip directory says of it"
    )
