"""The tables of the page on exchanges with DL/T 698.45 meters, held to the code."""

import re

from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.frames import frame_bytes, read_frame

from .tables import table

PAGE = "meter_exchange.md"


def named(row, column):
    """The identifier that a row's cell names in the code, and its number there."""
    name = re.search(r"`(\w+)`", row[column]).group(1)
    return getattr(objects, name)


def test_every_object_and_method_of_the_page_has_its_number_in_the_code():
    for name, column in (("objects698", "object"), ("methods698", "method")):
        for row in table(PAGE, name):
            assert named(row, column) == int(row["identifier"], 16), row


def test_the_page_has_every_object_and_method_that_is_used():
    shown = {int(row["identifier"], 16) for name in ("objects698", "methods698") for row in table(PAGE, name)}
    used = {
        number
        for name, number in vars(objects).items()
        if name.isupper() and isinstance(number, int) and number > 0xFFFF and name != "FIRST_RELAY"
    }
    assert shown == used


def test_the_words_of_refusal_are_those_of_the_code():
    text = table_cells("dar698")
    assert {int(dar): word.strip("`") for dar, word in text if dar} == dict(objects.DAR)


def table_cells(name):
    """Pairs of number and word of a table with three pairs a row."""
    from .tables import PAGES

    _, _, rest = (PAGES / PAGE).read_text(encoding="utf-8").partition(f"<!-- table: {name} -->\n")
    lines = [line for line in rest.splitlines()[2:] if line.startswith("|") or not line]
    cells = []
    for line in lines:
        if not line:
            break
        row = [cell.strip() for cell in line.strip("|").split("|")]
        cells += list(zip(row[::2], row[1::2], strict=True))
    return cells


def test_the_frames_of_the_page_are_read_as_it_says():
    asked, answered, tripped = (bytes.fromhex(row["bytes"]) for row in table(PAGE, "frames698"))
    assert read_frame(asked).content.attributes == (objects.ENERGY,)
    assert values.read_energy(read_frame(answered).content.results[0][1])["total"] == 123456
    order = values.read_trip(read_frame(tripped).content.parameter)[0]
    assert (order.relay & 0xFF, order.delay_minutes) == (2, 1)
    assert [frame_bytes(read_frame(octets)) for octets in (asked, answered)] == [asked, answered]
