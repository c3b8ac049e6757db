import textwrap

import pytest

from dataset_platform import ingest
from dataset_platform.errors import InputError
from dataset_platform.ingest.describing.hints import about_license
from dataset_platform.ingest.describing.queries import Query, Template
from dataset_platform_tests.ingest.hand_made import SEED_SOURCES

GOOD = """\
name: made
description: Made for a test.
files: ["*.jsonl"]
reader: jsonl
turns:
  - shape: list
    at: conversation
roles:
  client: user
stage: foundation
license: CC0-1.0
"""


def write(folder, text=GOOD, name="made"):
    path = folder / f"{name}.yaml"
    path.write_text(textwrap.dedent(text))
    return path


WRONG = [
    ("license: CC0-1.0", "license: CC0-1.0\ncolour: blue", "line 12, key `colour`: this key is not known"),
    (
        "name: made",
        "name: made\nlanguge: en",
        "this key is not known; did you mean `language`?",
    ),
    (
        "at: conversation",
        "at: a\n    contents: b",
        "key `turns.0.contents`: this key is not known; did",
    ),
    (
        "reader: jsonl",
        "reader: csv\ncsv: {group_by: n}",
        "`csv.group_by`: this key is not known; it",
    ),
    ("reader: jsonl", "reader: csv\ndelimiter: ;", "this key is not known; it belongs under `csv`"),
    ("    at: conversation", "    at: 'a['", "line 7, key `turns.0.at`: `a[` is no JMESPath query"),
    ("at: conversation", "at: 'rows[?'", "`rows[?` is no JMESPath query: Incomplete expression"),
    ('["*.jsonl"]', '"*.jsonl"', 'key `files`: write a list, such as ["*.jsonl"]'),
    ('["*.jsonl"]', "[]", "key `files`: write at least one"),
    ("reader: jsonl", "reader: csv\ncsv: ';'", "line 5, key `csv`: write a mapping"),
    ("roles:\n  client: user", "roles: [client]", "key `roles`: write a mapping"),
    ("stage: foundation", "stage: basics", "line 10, key `stage`: Input should be 'foundation', 'expertise'"),
    ("stage: foundation\n", "", "line 1, key `stage`: this key is missing"),
    ("roles:\n  client: user\n", "", "key `roles`: the shape `list` needs the source's role names"),
    ("client: user", "client: user\n  CLIENT: assistant", 'line 8, key `roles`: "CLIENT" is mapped to two'),
    ("client: user", "client: clinician", "line 9, key `roles.client`: Input should be 'system', 'user'"),
    ("shape: list", "shape: heap", "line 6, key `turns.0`: Input tag 'heap'"),
    ("reader: jsonl", "reader: json", "key `records`: a json document needs the place of its records"),
    ("reader: jsonl", 'reader: jsonl\nrecords: ["[]"]', "line 5, key `records`: only the readers json"),
    ("reader: jsonl", 'reader: json\nrecords: ["a[0]"]', "line 5, key `records.0`: `a[0]` must end in `[]`"),
    ("reader: jsonl", 'reader: json\nrecords: ["a[*].b[]"]', "key `records.0`: `a[*].b[]` may only name"),
    ("reader: jsonl", 'reader: json\nrecords: ["a.*"]', "key `record_key`: records held in an object"),
    ("reader: jsonl", "reader: jsonl\ncsv: {delimiter: ';'}", "line 5, key `csv`: only the reader csv"),
    ("reader: jsonl", "reader: jsonl\norder_by: n", "line 5, key `order_by`: rows are only ordered"),
    (
        "reader: jsonl",
        "reader: transcript\ngroup_by: n",
        "line 5, key `group_by`: only the readers csv, jsonl",
    ),
    (
        "reader: jsonl",
        "reader: jsonl\nattributes: [a]\nsplit_together: [client.id]",
        "line 6, key `split_together`: `client` is not among the `attributes`",
    ),
    ("name: made", "name: ../made", "line 1, key `name`: String should match pattern"),
    ("name: made", "name: reviews", "line 1, key `name`: the name of a source has lower-case letters"),
    ("name: made", "name: other", "line 1, key `name`: the file describes `other`"),
    ("name: made", "name: made\nname: made", "line 2: no valid YAML, found duplicate key"),
    ("name: made", "name: [made", "no valid YAML"),
    ("name: made", "name: !!python/object:os.system made", "key `name`"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_a_mistake_is_one_line_with_file_line_and_key(tmp_path, right, wrong, message):
    assert right in GOOD
    path = write(tmp_path, GOOD.replace(right, wrong))
    with pytest.raises(InputError) as error:
        ingest.load_description(path)
    assert str(error.value).startswith(f"{path}, line ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert not str(error.value).endswith(":")


LICENSES = {
    "CC-BY-4.0 AND (MIT OR LicenseRef-own)": "",
    "CC BY 4.0": "'CC BY 4.0' is no SPDX id: did you mean CC-BY-4.0? Else write one of https://spdx.org",
    "MIT AND": "'MIT AND' is no SPDX id: write one of",
    "MIT OR proprietary": "'proprietary' is no SPDX id: write one of",
    "LicenseRef-": "'LicenseRef-' is no SPDX id",
}


@pytest.mark.parametrize("license_", LICENSES)
def test_what_is_no_spdx_id_is_said_with_what_was_meant(license_):
    problem = about_license(license_)
    assert problem.startswith(LICENSES[license_])
    assert bool(problem) == bool(LICENSES[license_])


def test_several_mistakes_are_all_named_in_the_order_of_the_model(tmp_path):
    path = write(tmp_path, GOOD.replace("foundation", "basics").replace("CC0-1.0", "''"))
    with pytest.raises(InputError) as error:
        ingest.load_description(path)
    assert [line.split("`")[1] for line in str(error.value).splitlines()] == ["stage", "license"]


@pytest.mark.parametrize(
    "template",
    ["{x.__class__}", "{x[0]}", "{x!r}", "{x:>10}", "{}", "{missing}", "{open"],
)
def test_templates_are_nothing_but_names_in_braces(tmp_path, template):
    turns = f"""\
  - shape: template
    values: {{x: title}}
    turns:
      - text: "{template}"
        role: user
"""
    path = write(tmp_path, GOOD.replace("  - shape: list\n    at: conversation\n", turns))
    with pytest.raises(InputError, match=r"key `turns\.0\.turns"):
        ingest.load_description(path)


def test_a_folder_gives_its_descriptions_sorted_by_name(tmp_path):
    for name in ("zebra", "ant"):
        write(tmp_path, GOOD.replace("name: made", f"name: {name}"), name)
    assert list(ingest.load_descriptions(tmp_path)) == ["ant", "zebra"]
    with pytest.raises(InputError, match="no such folder"):
        ingest.load_descriptions(tmp_path / "absent")


def test_the_seed_sources_are_described():
    assert list(SEED_SOURCES) == [
        "dual_persona",
        "edge_cases",
        "pixel_voice",
        "psychology_knowledge",
        "standard_therapeutic",
    ]
    assert {source.license for source in SEED_SOURCES.values()} == {"CC0-1.0"}
    assert [name for name, source in SEED_SOURCES.items() if source.is_edge_case] == ["edge_cases"]


def test_a_query_tells_which_fields_it_reads():
    assert Query("a.b || c").field_paths() == (("a", "b"), ("c",))
    assert Query("join(', ', names[].first)").field_paths() == (("names",), ("first",))


def test_a_template_keeps_doubled_braces():
    assert Template("{{{x}}}").fill({"x": "1"}) == "{1}"
