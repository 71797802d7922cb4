"""Office files made by hand, part by part, so that tests can say exactly what stands in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "style", "meta", "drawing")
) + (
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def packed(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def relations(*targets: tuple[str, str]) -> str:
    """Relations by (end of the type, target); ids are r1, r2 and so on."""
    parts = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}">{parts}</Relationships>'


def word(body: str, *, core: str = "", namespace: str = W, **parts: str) -> bytes:
    """A Word document of a body's XML; ``styles``, ``numbering``, ``footnotes`` and ``endnotes`` are what stands in those parts."""
    roots = {"styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "endnotes": "endnotes"}
    spaces = f'xmlns:w="{namespace}" xmlns:m="{M}" xmlns:mc="urn:mc" xmlns:wps="urn:wps" xmlns:v="urn:v"'
    members: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {spaces}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(*((name, f"{name}.xml") for name in parts)),
    }
    for name, content in parts.items():
        members[f"word/{name}.xml"] = f"<w:{roots[name]} {spaces}>{content}</w:{roots[name]}>"
    if core:
        members["docProps/core.xml"] = (
            f'<c:p xmlns:c="urn:c" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:t="urn:t">{core}</c:p>'
        )
    return packed(members)


def p(text: str, properties: str = "") -> str:
    """A paragraph of Word."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{r(text)}</w:p>"


def r(text: str, properties: str = "") -> str:
    """A run of Word."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def open_text(body: str, *, styles: str = "", meta: str = "", outline: str = "", manifest: str = "") -> bytes:
    """An OpenDocument text of a body's XML."""
    return _odf(f"<office:text>{body}</office:text>", styles=styles, meta=meta, outline=outline, manifest=manifest)


def open_sheet(body: str) -> bytes:
    """An OpenDocument spreadsheet of its tables' XML."""
    return _odf(f"<office:spreadsheet>{body}</office:spreadsheet>")


def _odf(body: str, *, styles: str = "", meta: str = "", outline: str = "", manifest: str = "") -> bytes:
    automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    members: dict[str, str | bytes] = {
        "content.xml": f"<office:document-content {ODF}>{automatic}<office:body>{body}</office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {ODF}><office:styles>{outline}</office:styles></office:document-styles>",
    }
    if meta:
        members["meta.xml"] = f"<office:document-meta {ODF}><office:meta>{meta}</office:meta></office:document-meta>"
    if manifest:
        members["META-INF/manifest.xml"] = manifest
    return packed(members)


def workbook(sheets: dict[str, str], *, strings: str = "", styles: str = "", states: Sequence[str] = ()) -> bytes:
    """A workbook of the XML inside of its sheets, by their names."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{states[n - 1] if states else "visible"}" r:id="r{n}"/>'
        for n, name in enumerate(sheets, start=1)
    )
    targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    members: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(*targets, ("sharedStrings", "s.xml"), ("styles", "st.xml")),
        "xl/s.xml": f'<sst xmlns="{SHEET}">{strings}</sst>',
        "xl/st.xml": f'<styleSheet xmlns="{SHEET}">{styles}</styleSheet>',
    }
    for n, content in enumerate(sheets.values(), start=1):
        members[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{SHEET}">{content}</worksheet>'
    return packed(members)
