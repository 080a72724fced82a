"""Documents are read as text by a confined process: Word, PowerPoint, OpenDocument, PDF."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.files.documents import Documents
from orchestrator.tools.files.extracting import answer
from orchestrator.tools.kits.files import tools_at
from orchestrator.tools.sandbox.probe import choose

OFFICE = "http://schemas.openxmlformats.org/{}/2006/main"
WORD = (
    f'<w:document xmlns:w="{OFFICE.format("wordprocessingml")}"><w:body><w:p><w:r><w:t>Dear </w:t></w:r>'
    "<w:r><w:t>Zoé,</w:t><w:tab/><w:t>hello</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p><w:r><w:t>End.</w:t></w:r></w:p></w:body></w:document>"
)
SLIDE = (
    f'<p:sld xmlns:p="p" xmlns:a="{OFFICE.format("drawingml")}"><a:p><a:r><a:t>Slide of {{}}</a:t></a:r></a:p></p:sld>'
)
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
OPEN = f'<o:d xmlns:o="o" xmlns:t="{TEXT}"><t:h>Title</t:h><t:p>One<t:s/>two <t:span>three</t:span> four</t:p></o:d>'
ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaa">]><d>&a;</d>'


def packed(path: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return path


@pytest.fixture
async def read_file() -> Tool:
    settings = Tools()
    return tools_at(Documents(await choose(settings), settings))[0]


async def test_a_word_file_is_read_as_its_text(read_file: Tool, context: Context) -> None:
    packed(context.workspace / "letter.docx", {"word/document.xml": WORD})
    found = (await read_file.call({"path": "letter.docx"}, context)).data
    assert found["content"].splitlines() == ["Dear Zoé,\thello", "a\tb\t", "End."]
    assert (found["lines"], found["note"], found["pages"]) == (3, "", 0)
    some = await read_file.call({"path": "letter.docx", "start_line": 3, "max_lines": 1}, context)
    assert some.data["content"] == "End."


def test_slides_and_open_documents_are_read_too(tmp_path: Path) -> None:
    slides = {f"ppt/slides/slide{number}.xml": SLIDE.format(number) for number in (1, 2)}
    told = answer(str(packed(tmp_path / "talk.pptx", slides)))
    assert told == {"text": "[slide 1]\nSlide of 1\n\n[slide 2]\nSlide of 2", "cut": False, "parts": 2, "what": "slide"}
    assert answer(str(packed(tmp_path / "a.odt", {"content.xml": OPEN})))["text"] == "Title\nOne two three four"


@pytest.mark.parametrize(
    ("text", "said"),
    [("<a>" + "x" * (65 * 2**20), "more text than"), (ENTITIES, "names of its own"), ("<a>", "damaged")],
)
def test_what_attacks_a_reader_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in answer(str(packed(tmp_path / "evil.docx", {"word/document.xml": text})))["wrong"]


async def test_a_document_that_cannot_be_read_says_so(read_file: Tool, context: Context) -> None:
    (context.workspace / "cut.docx").write_bytes(b"PK\x03\x04\0\0 cut")
    with pytest.raises(ToolFailed, match=r"'cut\.docx' cannot be read: it is damaged"):
        await read_file.call({"path": "cut.docx"}, context)


async def test_without_a_sandbox_a_document_is_told_of(context: Context) -> None:
    (context.workspace / "bill.pdf").write_bytes(b"%PDF-1.4\nplain")
    (context.workspace / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\0\0")
    told = [(await tools_at(None)[0].call({"path": path}, context)).data for path in ("bill.pdf", "old.doc")]
    assert [one["content"] for one in told] == ["", ""] and told[0]["kind"] == "application/pdf"
    assert "saved as .docx or PDF it can be read" in told[1]["note"]


async def test_a_pdf_is_read_page_by_page_or_says_what_is_missing(read_file: Tool, context: Context) -> None:
    (context.workspace / "bill.pdf").write_bytes(PDF)
    try:
        import pypdf  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(
            ToolFailed, match=r"pypdf, which is not installed\. pip install 'ai-orchestrator\[documents\]'"
        ):
            await read_file.call({"path": "bill.pdf"}, context)
    else:
        found: Any = (await read_file.call({"path": "bill.pdf"}, context)).data
        assert (found["content"], found["pages"]) == ("[page 1]\nBill 42", 1)


def _pdf() -> bytes:
    """One page that says Bill 42."""
    stream = b"BT /F1 24 Tf 72 700 Td (Bill 42) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(data),
    )


PDF = _pdf()
