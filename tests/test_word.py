"""Word and OpenDocument texts: all text in its order, numbers as shown; what is deleted or hidden never."""

from __future__ import annotations

import pytest

from footnote.errors import DocumentError
from loading import blocks, read, rows, texts
from office_files import open_text, p, packed, r, word

LEVELS = "".join(
    f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
    for n, (kind, pattern) in enumerate([("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)")])
)
NUMBERING = (
    f'<w:abstractNum w:abstractNumId="4">{LEVELS}</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="4"/></w:num>'
    '<w:abstractNum w:abstractNumId="5"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="x"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="8"><w:abstractNumId w:val="5"/></w:num>'
    '<w:num w:numId="9"><w:abstractNumId w:val="4"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
)
STYLES = (
    '<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="My head"/><w:basedOn w:val="berschrift1"/></w:style>'
    '<w:style w:type="character" w:styleId="Secret"><w:name w:val="secret"/><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>'
)


def numbered(level: int, list_id: int = 7) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'


def test_changes_are_read_as_accepted() -> None:
    body = (
        f"<w:p>{r('The gate opens at ')}<w:del><w:r><w:delText>six</w:delText></w:r></w:del><w:ins>{r('seven')}</w:ins>{r('.')}</w:p>"
        f"<w:p><w:moveFrom>{r('Moved away.')}</w:moveFrom></w:p><w:ins><w:p>{r('A whole new line.')}</w:p></w:ins>"
        f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{r('One ')}</w:p>{p('sentence.')}"
    )
    document = read("a.docx", word(body))
    assert texts(document) == ["The gate opens at seven.", "A whole new line.", "One sentence."]
    assert "3 tracked changes read as accepted" in document.warnings


def test_wrapped_text_stands_in_its_place() -> None:
    body = (
        f"<w:sdt><w:sdtPr/><w:sdtContent>{p('In a control.')}</w:sdtContent></w:sdt>"
        f"<w:p>{r('See ')}<w:hyperlink>{r('the plan')}</w:hyperlink><w:smartTag>{r(' of Oslo')}</w:smartTag> "
        f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{r('Click to enter text')}</w:sdtContent></w:sdt>{r('.')}</w:p>"
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGEREF x</w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{r("Page 4")}<w:r><w:fldChar w:fldCharType="end"/></w:r>{r(" of 9")}</w:p>'
        f"<w:customXml>{p('In an element.')}</w:customXml>"
    )
    assert texts(read("a.docx", word(body))) == [
        "In a control.",
        "See the plan of Oslo.",
        "Page 4 of 9",
        "In an element.",
    ]


def test_text_boxes_stand_once_after_their_paragraph() -> None:
    box = f"<wps:txbx><w:txbxContent>{p('Keys at the desk.')}</w:txbxContent></wps:txbx>"
    old = f"<w:pict><v:textbox><w:txbxContent>{p('Keys at the desk.')}</w:txbxContent></v:textbox></w:pict>"
    choice = f"<mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
    drawn = f"<mc:AlternateContent>{choice}<mc:Fallback>{old}</mc:Fallback></mc:AlternateContent>"
    body = f"<w:p>{r('Before.')}<w:r>{drawn}</w:r></w:p>{p('After.')}"
    assert texts(read("a.docx", word(body))) == ["Before.", "Keys at the desk.", "After."]


def test_notes_follow_their_paragraph() -> None:
    note = f'<w:footnote w:id="3">{p("Not on Sundays.")}</w:footnote><w:footnote w:id="0" w:type="separator">{p("--")}</w:footnote>'
    end = f'<w:endnote w:id="3">{p("Since 2019.")}</w:endnote>'
    body = f'<w:p>{r("Open daily.")}<w:r><w:footnoteReference w:id="3"/></w:r><w:r><w:endnoteReference w:id="3"/></w:r></w:p>{p("Next.")}'
    document = read("a.docx", word(body, footnotes=note, endnotes=end))
    assert texts(document) == ["Open daily.", "Not on Sundays.", "Since 2019.", "Next."]


def test_hidden_text_is_left_out_and_said_to_be() -> None:
    gone = r(" Unseen.", "<w:vanish/>") + r(" Nor this.", '<w:rStyle w:val="Secret"/>')
    shown = r(" Shown.", '<w:vanish w:val="0"/>')
    body = f"<w:p>{r('Seen.')}{gone}{shown}</w:p>"
    document = read("a.docx", word(body, styles=STYLES))
    assert texts(document) == ["Seen. Shown."]
    assert document.warnings == ("2 stretches of hidden text left out",)


@pytest.mark.parametrize(
    "properties",
    [
        '<w:color w:val="FFFFFF"/>',
        '<w:color w:val="auto" w:themeColor="background1"/>',
        '<w:sz w:val="2"/>',
        "<w:specVanish/>",
        '<w:rStyle w:val="Pale"/>',
        '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="FFFFFF"/>',
    ],
)
def test_letters_that_nobody_sees_are_left_out_and_said_to_be(properties: str) -> None:
    pale = '<w:style w:type="character" w:styleId="Pale"><w:name w:val="pale"/><w:rPr><w:color w:val="FFFFFF"/></w:rPr></w:style>'
    document = read("a.docx", word(f"<w:p>{r('Seen.')}{r(' A secret order.', properties)}</w:p>", styles=pale))
    assert texts(document) == ["Seen."]
    assert document.warnings == ("1 stretch of hidden text left out",)


def test_white_letters_on_a_dark_ground_are_read() -> None:
    white = '<w:color w:val="FFFFFF"/>'
    dark = '<w:shd w:val="clear" w:fill="1F3864"/>'
    cell = f"<w:tc><w:tcPr>{dark}</w:tcPr><w:p>{r('In a cell.', white)}</w:p></w:tc>"
    box = f"<wps:txbx><w:txbxContent><w:p>{r('In a box.', white)}</w:p></w:txbxContent></wps:txbx>"
    styled = f'<w:tbl><w:tblPr><w:tblStyle w:val="Dark"/></w:tblPr><w:tr><w:tc><w:p>{r("Styled.", white)}</w:p></w:tc></w:tr></w:tbl>'
    body = (
        f"<w:p><w:pPr>{dark}</w:pPr>{r('On a bar.', white)}</w:p><w:p>{r('Marked.', white + dark)}</w:p>"
        f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>{styled}<w:p><w:r><w:drawing>{box}</w:drawing></w:r></w:p>"
    )
    document = read("a.docx", word(body))
    assert texts(document) == ["On a bar.", "Marked.", "In a cell.", "Styled.", "In a box."]
    assert document.warnings == ()


def test_headings_by_style_whatever_its_language_and_numbers_as_shown() -> None:
    body = (
        p("Duties", f'<w:pStyle w:val="Own"/>{numbered(0)}')
        + p("Pay the rent", numbered(1))
        + p("in time", numbered(2))
        + p("in full", numbered(2))
        + p("Care", numbered(1))
        + p("early", numbered(2))
        + p("Ends", f'<w:outlineLvl w:val="0"/>{numbered(0)}')
        + p("Apart", numbered(0, 9))
        + p("a bullet", numbered(0, 8))
        + p("Ends ........ 4", '<w:pStyle w:val="TOC1"/>')
    )
    assert blocks(read("a.docx", word(body, styles=STYLES, numbering=NUMBERING))) == [
        "heading1: 1. Duties",
        "list_item: 1.1 Pay the rent",
        "list_item: (a) in time",
        "list_item: (b) in full",
        "list_item: 1.2 Care",
        "list_item: (a) early",
        "heading1: 2. Ends",
        "list_item: 5. Apart",
        "list_item: a bullet",
    ]


def test_levels_of_a_list_that_belong_to_styles() -> None:
    kinds = "".join(
        f'<w:lvl w:ilvl="{n}"><w:numFmt w:val="decimal"/><w:pStyle w:val="H{n}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for n, pattern in enumerate(("%1", "%1.%2"))
    )
    numbering = f'<w:abstractNum w:abstractNumId="1">{kinds}</w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="1"/></w:num>'
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="H{n}"><w:name w:val="heading {n + 1}"/><w:pPr>'
        '<w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:style>'
        for n in range(2)
    )
    body = (
        p("Rent", '<w:pStyle w:val="H0"/>')
        + p("Amount", '<w:pStyle w:val="H1"/>')
        + p("Ends", '<w:pStyle w:val="H0"/>')
    )
    document = read("a.docx", word(body, styles=styles, numbering=numbering))
    assert blocks(document) == ["heading1: 1 Rent", "heading2: 1.1 Amount", "heading1: 2 Ends"]


def test_formulas_are_a_line_of_text() -> None:
    power = "<m:sSup><m:e><m:r><m:t>v</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
    half = f"<m:f><m:num><m:r><m:t>m</m:t></m:r>{power}</m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>"
    root = "<m:rad><m:deg/><m:e><m:r><m:t>16</m:t></m:r></m:e></m:rad>"
    body = f"<w:p>{r('It is ')}<m:oMath>{half}</m:oMath>{r(' or ')}<m:oMathPara><m:oMath>{root}</m:oMath></m:oMathPara>{r('.')}</w:p>"
    assert texts(read("a.docx", word(body))) == ["It is mv²/2 or √16."]


def test_raised_figures_do_not_join_the_number_before_them() -> None:
    above = '<w:vertAlign w:val="superscript"/>'
    body = (
        f"<w:p>{r('A fee of 25')}{r('3', above)}{r(', the 4')}{r('th', above)}{r(' room of 20 m')}{r('2', above)}</w:p>"
    )
    assert texts(read("a.docx", word(body))) == ["A fee of 25³, the 4th room of 20 m²"]


def cell(text: str, properties: str = "", inner: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}{inner}</w:tc>"


def test_tables_with_ragged_rows_and_tables_inside() -> None:
    nested = (
        f"<w:tbl><w:tr>{cell('Small')}{cell('4 crowns')}</w:tr><w:tr>{cell('Large')}{cell('6 crowns')}</w:tr></w:tbl>"
    )
    table = (
        f"<w:tbl><w:tr>{cell('Hall')}{cell('Price')}</w:tr><w:tr>{cell('East')}{cell('', inner=nested)}{cell('', '<w:vMerge/>')}</w:tr>"
        f"<w:tr><w:trPr><w:gridBefore w:val='1'/></w:trPr>{cell('free')}</w:tr>"
        f"<w:tr><w:trPr><w:del/></w:trPr>{cell('gone')}</w:tr></w:tbl>"
    )
    assert rows(read("a.docx", word(table))) == [
        ["Hall", "Price"],
        ["East", "Small: 4 crowns; Large: 6 crowns"],
        ["", "free"],
    ]


def test_a_frame_is_no_table() -> None:
    table = f"<w:tbl><w:tr>{cell('First line.', inner=p('Second line.'))}</w:tr></w:tbl>"
    assert blocks(read("a.docx", word(table))) == ["paragraph: First line.", "paragraph: Second line."]


def test_strict_files_are_read() -> None:
    raw = word(p("Strictly said."), namespace="http://purl.oclc.org/ooxml/wordprocessingml/main")
    assert texts(read("a.docx", raw)) == ["Strictly said."]


@pytest.mark.parametrize(
    ("core", "title", "author", "date"),
    [
        ("<dc:title>Harbour rules</dc:title><dc:creator>Ida Quay</dc:creator>", "Harbour rules", "Ida Quay", ""),
        ("<dc:title>Word Document</dc:title><dc:creator>python-docx</dc:creator>", "Rent of boats", "", ""),
        (
            "<dc:title>Microsoft Word - x.docx</dc:title><t:modified>2024-05-01T10:00:00Z</t:modified>",
            "Rent of boats",
            "",
            "2024-05-01",
        ),
        ("", "Rent of boats", "", ""),
    ],
)
def test_title_author_and_date_are_told_only_by_the_file(core: str, title: str, author: str, date: str) -> None:
    document = read("rent-of-boats.docx", word(p("The boats are let."), core=core))
    assert (document.title, document.stated("author"), document.stated("date")) == (title, author, date)


def test_refusals_name_the_true_reason() -> None:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
    with pytest.raises(DocumentError, match="older office program"):
        read("a.docx", compound)
    with pytest.raises(DocumentError, match="encrypted with a password"):
        read("a.xlsx", compound + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(DocumentError, match="no text found: 1 picture left out"):
        read("a.docx", word("<w:p><w:r><w:drawing/></w:r></w:p>"))
    with pytest.raises(DocumentError, match="no text found: 1 stretch of hidden text left out"):
        read("a.docx", word(f"<w:p>{r('x', '<w:vanish/>')}</w:p>"))
    with pytest.raises(DocumentError, match="protected against copying"):
        read("a.epub", packed({"META-INF/encryption.xml": '<e><CipherReference URI="text/one.xhtml"/></e>'}))
    locked = open_text("<text:p>x</text:p>", manifest="<m><encryption-data/></m>")
    with pytest.raises(DocumentError, match="encrypted with a password"):
        read("a.odt", locked)


OUTLINE = (
    '<text:outline-style><text:outline-level-style text:level="1" style:num-format="1"/>'
    '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/></text:outline-style>'
)
OPEN_STYLES = (
    '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="a" style:num-suffix=")"/>'
    '</text:list-style><style:style style:name="Gone"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="Up"><style:text-properties style:text-position="super 58%"/></style:style>'
)


def test_open_texts_likewise() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:p>Deleted.</text:p></text:changed-region></text:tracked-changes>"
        '<text:h text:outline-level="1">Rules</text:h><text:h text:outline-level="2">Rent</text:h>'
        '<text:p>Pay by<text:s text:c="2"/>May<text:note><text:note-citation>1</text:note-citation><text:note-body>'
        "<text:p>Or June.</text:p></text:note-body></text:note>.<text:span text:style-name='Gone'> Hidden.</text:span></text:p>"
        "<text:p>Box here.<draw:frame><draw:text-box><text:p>In the box.</text:p></draw:text-box></draw:frame></text:p>"
        '<text:list text:style-name="L"><text:list-item><text:p>first</text:p></text:list-item><text:list-item><text:p>second</text:p>'
        "<text:p>and more</text:p></text:list-item></text:list>"
        "<text:p>A fee of 25<text:span text:style-name='Up'>3</text:span></text:p>"
        '<text:section text:display="none"><text:p>Nor this.</text:p></text:section>'
    )
    document = read(
        "a.odt", open_text(body, styles=OPEN_STYLES, outline=OUTLINE, meta="<dc:creator>Ida Quay</dc:creator>")
    )
    assert blocks(document) == [
        "heading1: 1 Rules",
        "heading2: 1.1 Rent",
        "paragraph: Pay by May.",
        "paragraph: Or June.",
        "paragraph: Box here.",
        "paragraph: In the box.",
        "list_item: a) first",
        "list_item: b) second",
        "list_item: and more",
        "paragraph: A fee of 25³",
    ]
    assert document.warnings == ("2 stretches of hidden text left out",)
    assert document.stated("author") == "Ida Quay"
