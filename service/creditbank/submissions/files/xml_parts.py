"""XML from strangers, parsed as a stream in bounded memory: no DTD, no entities, no endless tag, no endless nesting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from creditbank.submissions.files.refusals import MIB, WorkbookBroken

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]

LONGEST_TAG = MIB // 4
"""An unfinished tag is held and looked at again with each piece: without an end to it, the time is quadratic."""
MOST_NAMES = 4096
"""The parser keeps every name of an element or attribute for good; a workbook uses some hundreds."""
DEEPEST = 64


def events(pieces: Iterable[bytes], *, start: Start, end: End, text: Text) -> Iterator[None]:
    """Calls the three with local names, and gives control back after each piece.

    The encoding is UTF-8 whatever the XML says, so that nothing is hidden from who looks at the bytes.
    """
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    depth = 0

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _broken()
        start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2] if ":" in name else name)

    def doctype(*_: object) -> None:
        raise WorkbookBroken(why_zh="XML 中含有 DTD 声明", why_en="its XML declares a DTD")

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    read = 0
    try:
        for piece in pieces:
            read += len(piece)
            parser.Parse(piece, False)  # noqa: FBT003
            if read - parser.CurrentByteIndex > LONGEST_TAG or len(parser.intern) > MOST_NAMES:
                raise _broken()
            yield
        parser.Parse(b"", True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise _broken() from error
    yield


def read_through(
    pieces: Iterable[bytes], *, start: Start, end: End = lambda _: None, text: Text = lambda _: None
) -> None:
    """The whole of a part that is small, or of which little is kept."""
    for _ in events(pieces, start=start, end=end, text=text):
        pass


def _broken() -> WorkbookBroken:
    return WorkbookBroken(why_zh="XML 不合规范", why_en="its XML is not well formed, or no workbook has such")
