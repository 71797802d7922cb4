"""A small writer of PDFs for tests: text, rules and form fields where a test puts them, in the order in which it does."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field

WIDTH, HEIGHT = 595, 842
FONTS = {"regular": "Helvetica", "bold": "Helvetica-Bold", "mono": "Courier"}
_AVERAGE = 0.5
"""About how wide a letter of Helvetica is, in parts of its size."""


def width_of(text: str, size: float = 10) -> float:
    """About how wide a text is drawn, rather too wide than too narrow."""
    return _AVERAGE * size * len(text) * 1.1


@dataclass
class PdfPage:
    """One page; places are points from its lower left corner, before ``rotate`` turns it clockwise."""

    rotate: int = 0
    width: float = WIDTH
    height: float = HEIGHT
    crop: tuple[float, float, float, float] | None = None
    """What of the page is shown: left, bottom, right, top."""
    drawn: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float = 10, font: str = "regular", angle: int = 0) -> PdfPage:
        """Draw a text that begins at a place; ``angle`` is in degrees, against the clock."""
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        matrix = f"{cos:.4f} {sin:.4f} {-sin:.4f} {cos:.4f} {x:.2f} {y:.2f}"
        self.drawn.append(f"BT /{font} {size} Tf {matrix} Tm ({escaped}) Tj ET")
        return self

    def rule(self, x: float, y: float, to_x: float, to_y: float) -> PdfPage:
        """Draw a straight line."""
        self.drawn.append(f"0.5 w {x:.2f} {y:.2f} m {to_x:.2f} {to_y:.2f} l S")
        return self

    def filled_field(self, x: float, y: float, name: str, value: str, width: float = 200) -> PdfPage:
        """A text field with a value, and no appearance of its own."""
        self.notes.append(
            f"<< /Type /Annot /Subtype /Widget /FT /Tx /T ({name}) /V ({value}) /Rect [{x} {y} {x + width} {y + 16}] /F 4 >>"
        )
        return self

    def ticked_box(self, x: float, y: float, name: str, state: str) -> PdfPage:
        """A box to tick; ``state`` is ``Off`` or what it says when it is ticked."""
        self.notes.append(
            f"<< /Type /Annot /Subtype /Widget /FT /Btn /T ({name}) /V /{state} /AS /{state} "
            f"/Rect [{x} {y} {x + 12} {y + 12}] /F 4 >>"
        )
        return self

    def free_text(self, x: float, y: float, text: str) -> PdfPage:
        """A text that somebody wrote on the page."""
        self.notes.append(
            f"<< /Type /Annot /Subtype /FreeText /Contents ({text}) /Rect [{x} {y} {x + 300} {y + 16}] /F 4 >>"
        )
        return self


def pdf_of(*pages: PdfPage, info: dict[str, str] | None = None, font_objects: str = "") -> bytes:
    """The pages as a file; ``font_objects`` are further entries of the font dictionary."""
    objects: list[bytes] = []

    def add(content: str | bytes) -> int:
        objects.append(content.encode("latin-1") if isinstance(content, str) else content)
        return len(objects)

    add("")  # the catalogue and the pages are written when their parts are known
    add("")
    fonts = " ".join(
        f"/{name} {add(f'<< /Type /Font /Subtype /Type1 /BaseFont /{base} /Encoding /WinAnsiEncoding >>')} 0 R"
        for name, base in FONTS.items()
    )
    kids, notes = [], []
    for page in pages:
        stream = zlib.compress("\n".join(page.drawn).encode("cp1252"))
        head = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode()
        content = add(head + stream + b"\nendstream")
        own = [add(note) for note in page.notes]
        notes += own
        crop = f"/CropBox [{' '.join(map(str, page.crop))}]" if page.crop else ""
        annotations = f"/Annots [{' '.join(f'{number} 0 R' for number in own)}]" if own else ""
        kids.append(
            add(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page.width} {page.height}] {crop} /Rotate {page.rotate} "
                f"/Contents {content} 0 R /Resources << /Font << {fonts} {font_objects} >> >> {annotations} >>"
            )
        )
    fields = f"/AcroForm << /Fields [{' '.join(f'{number} 0 R' for number in notes)}] >>" if notes else ""
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R {fields} >>".encode()
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] /Count {len(kids)} >>".encode()
    told = add(f"<< {' '.join(f'/{name} ({value})' for name, value in (info or {}).items())} >>")
    return _written(objects, told)


def _written(objects: list[bytes], info: int) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        info,
        start,
    )
    return bytes(out)
