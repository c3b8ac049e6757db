import pytest

from dataset_platform_tests.ingest.hand_made import describe, read_one

PAIR = [
    {"shape": "fields", "turns": [{"content": "q", "role": "user"}, {"content": "a", "role": "assistant"}]}
]
PAIRS = describe(PAIR, reader="csv")
UTTERANCES = describe(
    [{"shape": "list", "at": "rows", "role": "who", "content": "said"}],
    reader="csv",
    group_by="talk",
    order_by="n",
)


def test_quoted_newlines_commas_and_quotes_belong_to_their_field():
    read = read_one(PAIRS, b'\xef\xbb\xbfq,a,topic\r\n"one\r\ntwo, ""three""",yes,sleep\r\n\r\nx,y,z')
    assert read.turns == [
        [("user", 'one\r\ntwo, "three"'), ("assistant", "yes")],
        [("user", "x"), ("assistant", "y")],
    ]
    assert read.attributes(0) == {"topic": "sleep"}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_line_that_tells_excel_the_delimiter_is_no_header(mark):
    semicolons = describe(PAIR, reader="csv", csv={"delimiter": ";"})
    read = read_one(semicolons, mark + b"sep=;\r\nq;a\r\nx, y;z\r\n")
    assert read.turns == [[("user", "x, y"), ("assistant", "z")]]


def test_a_file_without_a_header_has_the_columns_that_the_description_names():
    described = describe(PAIR, reader="csv", csv={"columns": ["q", "a"]})
    read = read_one(described, b"sep=,\none,two\nonly\nx,y\n")
    assert read.turns == [[("user", "one"), ("assistant", "two")], [("user", "x"), ("assistant", "y")]]
    assert read.reasons == [(1, "bad_syntax")]


REJECTED_ROWS = [
    (b"only one", "bad_syntax"),
    (b"x,y,z", "bad_syntax"),
    (b'"x"y,z', "bad_syntax"),
    (b"x\rx,y", "bad_syntax"),
    (b"\xff,y", "bad_encoding"),
    (b"x" * 200_000 + b",y", "too_large"),
]


@pytest.mark.parametrize(("row", "reason"), REJECTED_ROWS, ids=[reason for _, reason in REJECTED_ROWS])
def test_a_row_that_cannot_be_read_is_quarantined_between_its_neighbours(row, reason):
    read = read_one(PAIRS, b"\n".join([b"q,a", b"1,2", row, b"3,4"]))
    assert read.turns == [[("user", "1"), ("assistant", "2")], [("user", "3"), ("assistant", "4")]]
    assert read.reasons == [(1, reason)]
    assert read.payload(0) == (row + b"\n")[:4096]


def test_an_open_quotation_mark_at_the_end_is_truncated():
    read = read_one(PAIRS, b'q,a\n1,2\n3,"four\nfive\n')
    assert read.reasons == [(1, "truncated")]
    assert read.payload(0) == b'3,"four\nfive\n'


WRONG_HEADERS = [(b"q,a,q\n1,2,3\n", "bad_syntax"), (b"q\xff,a\n1,2\n", "bad_encoding")]


@pytest.mark.parametrize(("content", "reason"), WRONG_HEADERS)
def test_a_wrong_header_makes_the_file_one_row_of_quarantine(content, reason):
    read = read_one(PAIRS, content)
    assert read.reasons == [(0, reason)]
    assert read.payload(0) == content


def test_a_grouping_column_that_is_missing_makes_the_file_one_row_of_quarantine():
    read = read_one(UTTERANCES, b"n,who,said\n1,client,hi\n")
    assert read.reasons == [(0, "missing_field")]


def test_a_header_without_rows_holds_no_records():
    assert read_one(PAIRS, b"q,a\n").files[0].read == 0


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"n,who,said\n1,client,hi\n", "has an unreadable row at byte 0: the header has no column `talk`"),
        (b"talk,n,who,said\nt,1,client\n", "has an unreadable row at byte 16: has 3 fields where 4 columns"),
    ],
)
def test_the_reason_of_a_group_is_that_of_its_row(content, detail):
    assert "record 0, byte" in (said := read_one(UTTERANCES, content).quarantine[0]["detail"])
    assert detail in said
