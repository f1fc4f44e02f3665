"""Ways to damage a file, as hypothesis draws them."""

from hypothesis import strategies as st

BLOCK, CARD = 2880, 80
KEYS = (
    *("SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "TFIELDS", "TFORM1", "TTYPE1"),
    *("XTENSION", "EXTNAME", "BSCALE", "BZERO", "TSCAL1", "TZERO2", "COEFF0", "COEFF1", "OBSID"),
    *("CLASS", "SUBCLASS", "Z", "RA", "SNRG", "DESIG", "VACUUM", "TELESCOP", "LMJD", "END"),
)
VALUES = (
    *("0", "-1", "2", "5", "3909", "999999999", "99999999999999999999", "1E400", "NaN", "T", "F"),
    *("", "'", "'x'", "3.5", "-9999", "'0E'", "'99999999999999999999E'", "'PE(9)'", "'3909A'"),
)


@st.composite
def edited_card(draw, data: bytes) -> bytes:
    """Give a header key another value, or put such a card over another."""
    key = draw(st.sampled_from(KEYS)).ljust(8).encode()
    card = key + b"= " + draw(st.sampled_from(VALUES)).encode().rjust(20)
    places = range(0, min(len(data), 10 * BLOCK), CARD)
    at = [place for place in places if data[place : place + 8] == key]
    place = draw(st.sampled_from(at or places))
    return data[:place] + card.ljust(CARD)[:CARD] + data[place + CARD :]


@st.composite
def flipped(draw, data: bytes) -> bytes:
    """Change some bytes, rather in the beginning than behind."""
    damaged = bytearray(data)
    last = draw(st.sampled_from((3 * BLOCK, len(data)))) - 1
    for place in draw(st.lists(st.integers(0, min(last, len(data) - 1)), min_size=1, max_size=9)):
        damaged[place] = draw(st.integers(0, 255))
    return bytes(damaged)


@st.composite
def cut(draw, data: bytes) -> bytes:
    """End early."""
    return data[: draw(st.integers(0, len(data) - 1))]


@st.composite
def shifted(draw, data: bytes) -> bytes:
    """Leave some bytes out, or put some in."""
    place = draw(st.integers(0, len(data) - 1))
    size = draw(st.sampled_from((1, CARD, 512, BLOCK)))
    if draw(st.booleans()):
        return data[:place] + data[place + size :]
    return data[:place] + draw(st.sampled_from((b"\0", b" ", b"\xff"))) * size + data[place:]


@st.composite
def rearranged(draw, data: bytes) -> bytes:
    """Let two blocks change places, so that a header is another's or comes after its data."""
    blocks = [data[place : place + BLOCK] for place in range(0, len(data), BLOCK)]
    one, other = (draw(st.integers(0, len(blocks) - 1)) for _ in range(2))
    blocks[one], blocks[other] = blocks[other], blocks[one]
    return b"".join(blocks)


@st.composite
def spoilt(draw, data: bytes) -> bytes:
    """Make what follows a block all NaN, infinite, huge, tiny or zero."""
    place = draw(st.integers(0, len(data) // BLOCK)) * BLOCK
    words = ("7fc00000", "ff800000", "7f7fffff", "00000001", "00000000", "7f800001")
    word = bytes.fromhex(draw(st.sampled_from(words)))
    return data[:place] + word * ((len(data) - place) // 4)


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """Damage a file once in any of these ways."""
    ways = (edited_card, flipped, cut, shifted, rearranged, spoilt)
    return st.one_of(*(way(data) for way in ways))
